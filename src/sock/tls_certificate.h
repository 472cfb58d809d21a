#pragma once

#include "base/error.h"
#include "sock/tls_facts.h"

#include <string_view>

#include <openssl/x509.h>

namespace sockit {

// Certificates as OpenSSL holds them, in our terms. It must be loaded.

/// The bytes as they are where they are UTF-8, else escaped.
std::string readable_text(std::string_view bytes);

/// A value that cannot be read is empty; times then are the epoch.
TlsCertificate read_certificate(const X509* certificate);

/// Why verification failed, as one clause ("the certificate expired on 2024-01-31"), and as a
/// stable word.
struct TlsVerdict {
    TlsFault fault = TlsFault::Rejected;
    std::string words;
    std::string hint;
};

/// What X509_verify_cert() found wrong, after it returned a failure. `name`: whom the certificate
/// should be for. `server`: the certificate is a server's, else a client's.
TlsVerdict judge_verification(X509_STORE_CTX* context, std::string_view name, bool server);

/// The certificates that the peer sent, its own first.
std::vector<TlsCertificate> read_chain(const X509_STORE_CTX* context);

} // namespace sockit
