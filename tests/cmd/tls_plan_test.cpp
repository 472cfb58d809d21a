#include "cmd/connect.h"
#include "cmd/listen.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

Result<std::optional<TlsClientPlan>> client(const TlsClientArgs& args,
                                            std::string_view target = "tls:example.org:443")
{
    return plan_tls_client(args, *parse_target(target, Role::Client));
}

Result<std::optional<TlsServerPlan>> server(const TlsServerArgs& args,
                                            std::string_view target = "127.0.0.1:443")
{
    return plan_tls_server(args, *parse_target(target, Role::Server));
}

std::string refused(const auto& result)
{
    if (result)
        return "accepted";
    EXPECT_EQ(result.error().domain, Domain::Usage);
    return describe_error(result.error());
}

TEST(PlanTls, NobodyWhoDoesNotAskGetsIt)
{
    EXPECT_EQ(*client({}, "example.org:443"), std::optional<TlsClientPlan>());
    EXPECT_EQ(*server({}), std::optional<TlsServerPlan>());
}

TEST(PlanTls, TheSchemeAndTheOptionAreTheSame)
{
    EXPECT_EQ(*client({}), std::optional(TlsClientPlan()));
    EXPECT_EQ(*client({.tls = true}, "example.org:443"), std::optional(TlsClientPlan()));
}

TEST(PlanTls, EveryClientOptionArrives)
{
    const TlsClientArgs args{.tls = true,
                             .insecure = false,
                             .sni = "a.example",
                             .ca = "ca.pem",
                             .cert = "cert.pem",
                             .key = "key.pem",
                             .alpn = "h2,http/1.1",
                             .least = "1.3"};
    const TlsClientPlan expected{.sni = "a.example",
                                 .alpn = {"h2", "http/1.1"},
                                 .ca = "ca.pem",
                                 .certificate = "cert.pem",
                                 .key = "key.pem",
                                 .insecure = false,
                                 .least = TlsVersion::Tls13};
    EXPECT_EQ(*client(args), std::optional(expected));
    EXPECT_EQ(*client({.insecure = true}), std::optional(TlsClientPlan{.insecure = true}));
}

TEST(PlanTls, EveryServerOptionArrives)
{
    const TlsServerArgs args{
        .cert = "c", .key = "k", .client_ca = "a", .alpn = "x", .least = "1.0"};
    const TlsServerPlan expected{.certificate = "c",
                                 .key = "k",
                                 .client_ca = "a",
                                 .alpn = {"x"},
                                 .least = TlsVersion::Tls10};
    EXPECT_EQ(*server(args), std::optional(expected));
    EXPECT_EQ(*server(args, "tls:127.0.0.1:443"), std::optional(expected));
}

TEST(PlanTls, OptionsThatNeedItSaySo)
{
    const auto plain = [](const TlsClientArgs& args) {
        return refused(client(args, "example.org:443"));
    };
    EXPECT_EQ(plain({.insecure = true}), "--insecure wants --tls or a tls: target");
    EXPECT_EQ(plain({.sni = "x"}), "--sni wants --tls or a tls: target");
    EXPECT_EQ(plain({.ca = "x"}), "--ca wants --tls or a tls: target");
    EXPECT_EQ(plain({.cert = "x"}), "--cert wants --tls or a tls: target");
    EXPECT_EQ(plain({.key = "x"}), "--key wants --tls or a tls: target");
    EXPECT_EQ(plain({.alpn = "x"}), "--alpn wants --tls or a tls: target");
    EXPECT_EQ(plain({.least = "1.3"}), "--tls-min wants --tls or a tls: target");
    EXPECT_EQ(refused(server({.key = "x"})),
              "--tls-key wants --tls-cert FILE, the certificate to show");
    EXPECT_EQ(refused(server({}, "tls:127.0.0.1:443")),
              "a tls: address wants --tls-cert FILE, the certificate to show");
}

TEST(PlanTls, WhatContradictsItselfIsRefused)
{
    EXPECT_EQ(refused(client({.key = "k"})),
              "--key wants --cert, the certificate that it belongs to");
    EXPECT_EQ(refused(client({.insecure = true, .ca = "c"})),
              "--ca and --insecure exclude each other");
    EXPECT_EQ(refused(client({.tls = true}, "udp:example.org:443")),
              "TLS wants a stream, not udp:");
    EXPECT_EQ(refused(client({.tls = true}, "unix:/run/x")),
              "TLS with unix:/run/x: --sni NAME says whose certificate to expect; --insecure "
              "takes any");
    EXPECT_TRUE(client({.tls = true, .sni = "x"}, "unix:/run/x"));
    EXPECT_TRUE(client({.tls = true, .insecure = true}, "unix:/run/x"));
}

TEST(PlanTls, BadValuesAreQuoted)
{
    EXPECT_EQ(refused(client({.least = "1.4"})),
              "bad --tls-min '1.4': expected 1.0, 1.1, 1.2 or 1.3");
    EXPECT_EQ(refused(client({.alpn = "h2,,x"})),
              "bad --alpn 'h2,,x': expected names of 1 to 255 bytes with commas between");
    EXPECT_EQ(refused(client({.alpn = ""})),
              "bad --alpn '': expected names of 1 to 255 bytes with commas between");
    EXPECT_EQ(refused(client({.sni = ""})), "bad --sni '': expected a host's name or an address");
    EXPECT_EQ(refused(client({.sni = "a b"})),
              "bad --sni 'a b': expected a host's name or an address");
    EXPECT_EQ(refused(client({.ca = ""})), "bad --ca '': expected a file");
    EXPECT_EQ(refused(server({.cert = ""})), "bad --tls-cert '': expected a file");
}

TEST(PlanTls, ReachesTheCommands)
{
    ConnectArgs connect;
    connect.words = {"tls:example.org:443"};
    EXPECT_EQ(plan_connect(connect)->tls, TlsClientPlan());
    ListenArgs listen;
    listen.words = {"127.0.0.1:443"};
    listen.tls.cert = "c";
    EXPECT_EQ(plan_listen(listen)->tls, TlsServerPlan{.certificate = "c"});
}

} // namespace

} // namespace sockit::THIS_FILE
