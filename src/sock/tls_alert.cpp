#include "sock/tls_alert.h"

#include "sock/openssl.h"

#include <array>
#include <string>

namespace sockit {

namespace {

/// Alerts whose reason can be said better, or cured.
struct KnownAlert {
    int number;
    TlsFault fault;
    std::string_view words;
    std::string_view hint;
};

constexpr std::string_view present_certificate = "--cert FILE --key FILE presents a certificate";

constexpr std::array known_alerts{
    KnownAlert{SSL_AD_HANDSHAKE_FAILURE, TlsFault::Cipher,
               "the peer accepts nothing of what we offer", present_certificate},
    KnownAlert{SSL_AD_PROTOCOL_VERSION, TlsFault::Version,
               "no protocol version that both sides allow", "--tls-min sets our lowest"},
    KnownAlert{SSL_AD_UNKNOWN_CA,
               TlsFault::Alert,
               "the peer does not know who issued our certificate",
               {}},
    KnownAlert{SSL_AD_BAD_CERTIFICATE, TlsFault::Alert, "the peer rejects our certificate", {}},
    KnownAlert{SSL_AD_CERTIFICATE_UNKNOWN, TlsFault::Alert, "the peer rejects our certificate", {}},
    KnownAlert{
        SSL_AD_UNSUPPORTED_CERTIFICATE, TlsFault::Alert, "the peer rejects our certificate", {}},
    KnownAlert{
        SSL_AD_CERTIFICATE_EXPIRED, TlsFault::Alert, "the peer finds our certificate expired", {}},
    KnownAlert{
        SSL_AD_CERTIFICATE_REVOKED, TlsFault::Alert, "the peer finds our certificate revoked", {}},
    KnownAlert{SSL_AD_CERTIFICATE_REQUIRED, TlsFault::CertificateRequired,
               "the peer wants a certificate from us", present_certificate},
    KnownAlert{SSL_AD_NO_APPLICATION_PROTOCOL,
               TlsFault::Alert,
               "the peer speaks none of the protocols of --alpn",
               {}},
    KnownAlert{SSL_AD_UNRECOGNIZED_NAME, TlsFault::Alert, "the peer does not know that server name",
               "--sni NAME sends another"},
};

} // namespace

Error tls_alert(std::string_view call, std::string_view peer, int alert)
{
    const std::string name = openssl().SSL_alert_desc_string_long(alert);
    const auto sent =
        " (alert " + std::to_string(alert) + (name == "unknown" ? ")" : ", " + name + ")");
    for (const auto& known : known_alerts)
        if (known.number == alert)
            return Error::tls(call, peer, known.fault, std::string(known.words) + sent,
                              std::string(known.hint));
    return Error::tls(call, peer, TlsFault::Alert, "the peer gave up" + sent);
}

} // namespace sockit
