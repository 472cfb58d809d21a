#include "golden.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

ProbeResult secured()
{
    ProbeResult event;
    event.target = "tls:localhost:443";
    event.endpoint = *Endpoint::from_literal("127.0.0.1", 443);
    event.transport = Transport::Tls;
    event.outcome = ProbeOutcome::Open;
    event.ok = true;
    event.want.set(static_cast<std::size_t>(ProbeOutcome::Open));
    event.phases = {.connect = 40us, .tls = 2ms, .first_byte = 1ms, .total = 3ms};
    event.tls = TlsFacts{.protocol = "TLSv1.3",
                         .cipher = "TLS_AES_256_GCM_SHA384",
                         .alpn = "h2",
                         .sni = "localhost",
                         .chain = {{.subject = "CN=localhost", .issuer = "CN=authority"}},
                         .days_left = 29,
                         .verified = true};
    return event;
}

TEST(DescribeProbeTalk, WhatTheSessionIs)
{
    EXPECT_EQ(text_of(secured()), "open         tls:localhost:443      127.0.0.1:443  40.0 us, TLS "
                                  "2.00 ms, first byte 1.00 ms\n             TLSv1.3 "
                                  "TLS_AES_256_GCM_SHA384, h2, CN=localhost, 29 days left");
    auto taken = secured();
    taken.tls->verified = false;
    taken.tls->verify_error = "self-signed certificate: nobody vouches for it";
    taken.tls->days_left = 1;
    EXPECT_TRUE(text_of(taken).ends_with(
        "CN=localhost, 1 day left, not verified: self-signed certificate: nobody vouches for it"));
}

TEST(DescribeProbeTalk, WhatIsWrongWithTheCertificate)
{
    auto event = secured();
    event.outcome = ProbeOutcome::TlsError;
    event.ok = false;
    event.error = Error::tls("TLS handshake", "127.0.0.1:443", TlsFault::Expired,
                             "the certificate expired on 2024-01-31");
    event.tls->protocol.clear();
    event.tls->alpn.reset();
    event.tls->days_left = -2;
    event.tls->chain[0].subject = "CN=\x1b[2J";
    EXPECT_EQ(text_of(event), "tls-error    tls:localhost:443      127.0.0.1:443  the certificate "
                              "expired on 2024-01-31 (CERT_EXPIRED)\n             CN=\\x1b[2J, 2 "
                              "days past its end");
}

TEST(DescribeProbeTalk, TheFirstLineOfABanner)
{
    auto event = secured();
    event.tls.reset();
    event.phases.tls.reset();
    event.banner = "220 \x1b]0;x\x07 ready\r\n220 more\r\n";
    EXPECT_TRUE(text_of(event).ends_with("first byte 1.00 ms  220 \\x1b]0;x\\x07 ready"));
    event.banner = "\xff\xfe";
    EXPECT_TRUE(text_of(event).ends_with("  \\xff\\xfe"));
    EXPECT_NE(json_of(event).find(R"("banner_base64":"//4=")"), std::string::npos);
}

TEST(DescribeProbeTalk, MismatchAndSilence)
{
    auto event = secured();
    event.target = "udp:127.0.0.1:443";
    event.tls.reset();
    event.ok = false;
    event.outcome = ProbeOutcome::Mismatch;
    event.error = Error::unmet("expect", "x", "expected 'x' but no answer had it");
    EXPECT_EQ(text_of(event),
              "mismatch     udp:127.0.0.1:443      expected 'x' but no answer had it");
    event.outcome = ProbeOutcome::Silent;
    event.error = Error::from_errno(Phase::Receive, "recv", "127.0.0.1:443", ETIMEDOUT);
    event.error->detail = "open or filtered";
    EXPECT_EQ(text_of(event),
              "silent       udp:127.0.0.1:443      no answer in 3.00 ms: open or filtered");
    event.outcome = ProbeOutcome::Reset;
    event.error = Error::unmet("expect", "x", "expected 'x' but the peer ended the connection");
    EXPECT_EQ(text_of(event), "reset        udp:127.0.0.1:443      accepted, then closed: expected "
                              "'x' but the peer ended the connection");
}

} // namespace
} // namespace sockit::THIS_FILE
