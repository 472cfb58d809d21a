#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <optional>
#include <string>

#include <openssl/bio.h>

namespace sockit {

/// What lies below a TLS session: a socket that does not block, read and written without SIGPIPE,
/// and what became of it. Outlives the BIO.
struct TlsTransport {
    FdRef socket;
    std::string peer;           ///< the subject of errors
    bool ended = false;         ///< the peer's FIN came
    bool finished = false;      ///< our FIN went: what OpenSSL still has to say is dropped
    std::optional<Error> error; ///< what ended it, with the errno
    std::string first;          ///< the first bytes that came, to tell what the peer speaks
};

/// A BIO over `transport`; nullptr when there is no memory. OpenSSL must be loaded.
BIO* make_transport(TlsTransport& transport);

/// Whether what came first begins like a TLS record, or nothing came.
bool looks_like_tls(const TlsTransport& transport);

} // namespace sockit
