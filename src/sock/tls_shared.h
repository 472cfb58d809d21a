#pragma once

#include "sock/openssl.h"
#include "sock/tls_certificate.h"
#include "sock/tls_context.h"

namespace sockit {

/// What a TlsContext holds.
struct TlsContext::Shared {
    std::unique_ptr<SSL_CTX, OpenSslFree<&OpenSsl::SSL_CTX_free>> context;
    bool server = false;
    std::vector<unsigned char> alpn; ///< as it goes over the wire
};

/// Whom a session expects and what it found: the certificate callback's view of it, at
/// SSL_get_ex_data index 0.
struct TlsPeerCheck {
    std::string name; ///< empty for clients' certificates
    bool of_server = true;
    TlsFacts facts;
    std::optional<TlsVerdict> verdict; ///< what is wrong
};

/// The error on top of OpenSSL's queue in its own words: "wrong version number".
std::string openssl_reason();

} // namespace sockit
