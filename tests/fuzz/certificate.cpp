#include "base/escape.h"
#include "fuzz.h"
#include "sock/openssl.h"
#include "sock/tls_alert.h"
#include "sock/tls_certificate.h"

#include <initializer_list>
#include <memory>

// The certificate that a peer shows, as far as OpenSSL can read it.

namespace sockit::fuzz {

namespace {

/// A value of DER: tag, length, content.
std::string der(unsigned tag, std::string_view content)
{
    std::string out(1, static_cast<char>(tag));
    if (content.size() >= 128)
        out += '\x82';
    if (content.size() >= 128)
        out += static_cast<char>(content.size() >> 8U);
    out += static_cast<char>(content.size());
    return out.append(content);
}

std::string sequence(std::initializer_list<std::string> parts)
{
    std::string content;
    for (const auto& part : parts)
        content += part;
    return der(0x30, content);
}

/// RFC 5280, 4.1: no signature, no key, but what certificates tell of themselves.
std::string certificate_of(FuzzedDataProvider& input)
{
    const auto text = [&] { return input.ConsumeRandomLengthString(300); };
    const auto common_name = der(0x06, "\x55\x04\x03");
    const auto sha256_rsa = sequence({der(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")});
    const auto name = [&] {
        const auto tag = input.ConsumeIntegralInRange(0x0cU, 0x1eU);
        return sequence({der(0x31, sequence({common_name, der(tag, text())}))});
    };
    const auto time = [&] { return der(input.ConsumeBool() ? 0x17 : 0x18, text()); };
    const auto issuer = name();
    const auto validity = sequence({time(), time()});
    const auto subject = name();
    const auto key = sequence({sha256_rsa, der(0x03, std::string(1, '\0'))});
    const auto names = sequence({der(0x82, text()), der(0x87, text()), der(0x81, text()),
                                 der(input.ConsumeIntegral<std::uint8_t>(), text())});
    const auto extension = sequence({der(0x06, "\x55\x1d\x11"), der(0x04, names)});
    const auto body = sequence({der(0xa0, der(0x02, "\x02")), der(0x02, "\x01"), sha256_rsa, issuer,
                                validity, subject, key, der(0xa3, sequence({extension}))});
    return sequence({body, sha256_rsa, der(0x03, std::string(1, '\0'))});
}

void look_at_certificate(std::string_view bytes)
{
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    const std::unique_ptr<X509, decltype(&::X509_free)> certificate(
        ::d2i_X509(nullptr, &data, static_cast<long>(bytes.size())), &::X509_free);
    ::ERR_clear_error();
    if (certificate == nullptr)
        return;
    const auto told = read_certificate(certificate.get());
    must(is_utf8(told.subject) && is_utf8(told.issuer));
    for (const auto& name : told.names)
        must(is_utf8(name));
}

} // namespace

void look_at(std::string_view bytes)
{
    static const bool loaded = load_openssl().has_value();
    must(loaded);
    look_at_certificate(bytes);
    FuzzedDataProvider input(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    must(is_utf8(describe_error(tls_alert("read", "peer", input.ConsumeIntegral<std::uint8_t>()))));
    look_at_certificate(certificate_of(input));
}

} // namespace sockit::fuzz
