#include "golden.h"
#include "report/tls.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

TlsFacts facts()
{
    using std::chrono::sys_days;
    using namespace std::chrono_literals;
    const auto begin = sys_days(2026y / 1 / 2);
    const auto end = sys_days(2027y / 1 / 2);
    return {.protocol = "TLSv1.3",
            .cipher = "TLS_AES_256_GCM_SHA384",
            .alpn = "h2",
            .sni = "localhost",
            .chain = {{.subject = "CN=localhost",
                       .issuer = "CN=Test",
                       .names = {"localhost", "127.0.0.1"},
                       .not_before = begin,
                       .not_after = end}},
            .days_left = 40,
            .verified = true,
            .verify_error = {},
            .close_notify = true};
}

TEST(DescribeTls, Established)
{
    TlsEstablished event{.connection = {}, .facts = facts()};
    EXPECT_EQ(text_of(event), "TLSv1.3 TLS_AES_256_GCM_SHA384, h2, CN=localhost, verified");
    EXPECT_EQ(json_of(event),
              R"("tls":{"protocol":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384","alpn":"h2",)"
              R"("sni":"localhost","subject":"CN=localhost","issuer":"CN=Test","san":["localhost",)"
              R"("127.0.0.1"],"not_before":"2026-01-02T00:00:00.000000Z","not_after":)"
              R"("2027-01-02T00:00:00.000000Z","days_left":40,"verified":true,"verify_error":null,)"
              R"("close_notify":true,"chain":[{"subject":"CN=localhost","issuer":"CN=Test",)"
              R"("not_after":"2027-01-02T00:00:00.000000Z"}]})");
    event.connection = 7;
    event.facts.alpn = {};
    event.facts.verified = false;
    event.facts.verify_error = "self-signed";
    EXPECT_EQ(text_of(event),
              "7 TLSv1.3 TLS_AES_256_GCM_SHA384, CN=localhost, not verified: self-signed");
}

TEST(DescribeTls, ACertificateWithoutEndEndsWithTheYear9999)
{
    using namespace std::chrono_literals;
    TlsEstablished event{.connection = {}, .facts = facts()};
    event.facts.chain[0].not_after =
        std::chrono::sys_days(9999y / 12 / 31) + 23h + 59min + 59s; // RFC 5280, 4.1.2.5
    EXPECT_NE(json_of(event).find(R"("not_after":"9999-12-31T23:59:59.000000Z")"),
              std::string::npos);
}

TEST(DescribeTls, AHandshakeThatFailedHasNoProtocol)
{
    const TlsEstablished event{.connection = 1, .facts = {}};
    EXPECT_EQ(json_of(event),
              R"("id":1,"tls":{"protocol":null,"cipher":null,"alpn":null,"sni":null,"subject":)"
              R"(null,"issuer":null,"san":[],"not_before":null,"not_after":null,"days_left":null,)"
              R"("verified":null,"verify_error":null,"close_notify":null,"chain":[]})");
}

TEST(DescribeTls, NamesOfThePeerAreEscaped)
{
    TlsEstablished event{.connection = {}, .facts = facts()};
    event.facts.chain[0].subject = "CN=a\x1b[31m\nb";
    event.facts.alpn = "\x07";
    EXPECT_EQ(text_of(event), "TLSv1.3 TLS_AES_256_GCM_SHA384, \\x07, CN=a\\x1b[31m\\nb, verified");
}

} // namespace

} // namespace sockit::THIS_FILE
