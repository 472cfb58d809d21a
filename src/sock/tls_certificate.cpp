#include "sock/tls_certificate.h"

#include "base/escape.h"
#include "sock/endpoint.h"
#include "sock/openssl.h"

#include <array>
#include <cstring>
#include <ctime>

namespace sockit {

namespace {

using TlsInstant = std::chrono::sys_seconds;

std::string name_text(const X509_NAME* name)
{
    const std::unique_ptr<BIO, OpenSslFree<&OpenSsl::BIO_free>> memory(
        openssl().BIO_new(openssl().BIO_s_mem()));
    constexpr unsigned long flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    if (!memory || openssl().X509_NAME_print_ex(memory.get(), name, 0, flags) < 0)
        return {};
    char* bytes = nullptr;
    const auto length =
        openssl().BIO_ctrl(memory.get(), BIO_CTRL_INFO, 0, static_cast<void*>(&bytes));
    return length > 0 ? readable_text({bytes, static_cast<std::size_t>(length)}) : std::string();
}

TlsInstant instant(const ASN1_TIME* time)
{
    std::tm parts{};
    if (time == nullptr || openssl().ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    return TlsInstant(std::chrono::seconds(::timegm(&parts)));
}

std::string address_text(std::string_view bytes)
{
    in_addr v4{};
    in6_addr v6{};
    if (bytes.size() == sizeof v4) {
        std::memcpy(&v4, bytes.data(), sizeof v4);
        return Endpoint::inet(v4, 0).address();
    }
    if (bytes.size() == sizeof v6) {
        std::memcpy(&v6, bytes.data(), sizeof v6);
        return Endpoint::inet6(v6, 0).address();
    }
    return {};
}

std::vector<std::string> alternative_names(const X509* certificate)
{
    std::vector<std::string> names;
    const std::unique_ptr<GENERAL_NAMES, OpenSslFree<&OpenSsl::GENERAL_NAMES_free>> list(
        static_cast<GENERAL_NAMES*>(
            openssl().X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    const auto* stack = reinterpret_cast<const OPENSSL_STACK*>(list.get());
    for (int i = 0; stack != nullptr && i < openssl().OPENSSL_sk_num(stack); ++i) {
        const auto* name = static_cast<const GENERAL_NAME*>(openssl().OPENSSL_sk_value(stack, i));
        if (name->type != GEN_DNS && name->type != GEN_IPADD && name->type != GEN_EMAIL &&
            name->type != GEN_URI)
            continue;
        const ASN1_STRING* value = name->d.ia5; // the same member for all four
        const std::string_view bytes(
            reinterpret_cast<const char*>(openssl().ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(openssl().ASN1_STRING_length(value)));
        names.push_back(name->type == GEN_IPADD ? address_text(bytes) : readable_text(bytes));
    }
    return names;
}

std::string day_of(TlsInstant time)
{
    std::array<char, 16> text{};
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

/// "example.org, www.example.org", at most three.
std::string names_text(const TlsCertificate& certificate)
{
    constexpr std::size_t most = 3;
    if (certificate.names.empty())
        return escape(certificate.subject);
    std::string text;
    for (std::size_t i = 0; i < certificate.names.size() && i < most; ++i)
        text += (i == 0 ? "" : ", ") + escape(certificate.names[i]);
    if (certificate.names.size() > most)
        text += " and " + std::to_string(certificate.names.size() - most) + " more";
    return text;
}

} // namespace

std::string readable_text(std::string_view bytes)
{
    return is_utf8(bytes) ? std::string(bytes) : escape(bytes);
}

TlsCertificate read_certificate(const X509* certificate)
{
    return {.subject = name_text(openssl().X509_get_subject_name(certificate)),
            .issuer = name_text(openssl().X509_get_issuer_name(certificate)),
            .names = alternative_names(certificate),
            .not_before = instant(openssl().X509_get0_notBefore(certificate)),
            .not_after = instant(openssl().X509_get0_notAfter(certificate))};
}

std::vector<TlsCertificate> read_chain(const X509_STORE_CTX* context)
{
    std::vector<TlsCertificate> chain;
    const auto* stack =
        reinterpret_cast<const OPENSSL_STACK*>(openssl().X509_STORE_CTX_get0_untrusted(context));
    for (int i = 0; stack != nullptr && i < openssl().OPENSSL_sk_num(stack); ++i)
        chain.push_back(
            read_certificate(static_cast<const X509*>(openssl().OPENSSL_sk_value(stack, i))));
    return chain;
}

TlsVerdict judge_verification(X509_STORE_CTX* context, std::string_view name, bool server)
{
    const int reason = openssl().X509_STORE_CTX_get_error(context);
    const bool own = openssl().X509_STORE_CTX_get_error_depth(context) == 0;
    const X509* at = openssl().X509_STORE_CTX_get_current_cert(context);
    const auto blamed =
        read_certificate(at != nullptr ? at : openssl().X509_STORE_CTX_get0_cert(context));
    const std::string it =
        own ? "the certificate" : "the certificate of " + escape(blamed.subject) + " in its chain";
    const std::string trust =
        server ? "--ca FILE names the authority to trust; --insecure checks nothing"
               : "--tls-client-ca names the authority to trust";
    switch (reason) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return {TlsFault::Expired, it + " expired on " + day_of(blamed.not_after), {}};
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return {TlsFault::NotYetValid,
                it + " is valid only from " + day_of(blamed.not_before) + " on",
                "look at the clocks of both sides"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return {TlsFault::SelfSigned, "self-signed certificate: nobody vouches for it", trust};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return {TlsFault::UnknownAuthority,
                "issued by an unknown authority, " + escape(blamed.subject), trust};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return {TlsFault::UnknownAuthority,
                "issued by an unknown authority, " + escape(blamed.issuer), trust};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return {TlsFault::NameMismatch,
                it + " is for " + names_text(blamed) + ", not for " + escape(name),
                "--sni NAME names whom to expect"};
    case X509_V_ERR_CERT_REVOKED: return {TlsFault::Revoked, it + " was revoked", {}};
    case X509_V_ERR_INVALID_PURPOSE:
        return {TlsFault::Rejected,
                it + (server ? " is not meant for a server" : " is not meant for a client"),
                {}};
    default:
        return {TlsFault::Rejected,
                it + " is not accepted: " + openssl().X509_verify_cert_error_string(reason),
                {}};
    }
}

} // namespace sockit
