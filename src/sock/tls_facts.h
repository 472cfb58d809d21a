#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What a certificate says of itself. Names are in the order of RFC 2253 ("CN=localhost,O=Test").
/// All text is UTF-8, but somebody else's: escape before printing.
struct TlsCertificate {
    std::string subject;
    std::string issuer;
    std::vector<std::string> names; ///< subjectAltName: hosts, addresses, mail addresses, URIs
    // In seconds: 9999-12-31, which stands for no end (RFC 5280, 4.1.2.5), has no nanoseconds.
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;

    bool operator==(const TlsCertificate&) const = default;
};

/// What is known of a TLS session. Unknown, and what does not apply, is empty.
struct TlsFacts {
    std::string protocol; ///< "TLSv1.3"; empty before the handshake is done
    std::string cipher;
    std::optional<std::string> alpn;
    std::optional<std::string> sni;    ///< sent by the client, whichever end that is
    std::vector<TlsCertificate> chain; ///< as the peer sent it, its own first
    std::optional<std::int64_t>
        days_left;                ///< of the peer's own certificate, whole days, < 0 past it
    std::optional<bool> verified; ///< nullopt: no certificate was there
    std::optional<std::string> verify_error;
    /// Whether the peer's stream ended with close_notify; nullopt: it has not ended.
    std::optional<bool> close_notify;

    bool operator==(const TlsFacts&) const = default;
};

} // namespace sockit
