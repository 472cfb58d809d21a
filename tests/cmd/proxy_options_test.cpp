#include "cmd/connect.h"
#include "cmd/proxy_options.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

ConnectArgs connect_with(std::optional<std::string> proxy, std::optional<std::string> header,
                         const std::string& target = "example.org:80")
{
    ConnectArgs args;
    args.words = {target};
    args.proxy = std::move(proxy);
    args.proxy_protocol = std::move(header);
    return args;
}

TEST(PlanConnect, AProxyArrives)
{
    ConnectPlan expected;
    expected.target = *parse_target("example.org:80", Role::Client);
    expected.proxy = *parse_proxy("socks5h://me:pw@proxy.example:1080");
    EXPECT_EQ(plan_connect(connect_with("socks5h://me:pw@proxy.example:1080", {})), expected);
}

TEST(PlanConnect, AHeaderForTheServerArrives)
{
    ConnectPlan expected;
    expected.target = *parse_target("example.org:80", Role::Client);
    expected.proxy_header = ProxyHeaderPlan{.version = ProxyVersion::V1, .source = {}};
    EXPECT_EQ(plan_connect(connect_with({}, "v1")), expected);
    expected.proxy_header = ProxyHeaderPlan{.version = ProxyVersion::V2,
                                            .source = *Endpoint::from_literal("192.0.2.1", 7)};
    EXPECT_EQ(plan_connect(connect_with({}, "v2=192.0.2.1:7")), expected);
    expected.proxy_header->source = *Endpoint::from_literal("2001:db8::1", 0);
    EXPECT_EQ(plan_connect(connect_with({}, "v2=2001:db8::1")), expected);
}

TEST(PlanConnect, BadHeadersForTheServer)
{
    for (const char* text : {"", "v", "v3", "V1", "v1=", "v2=name", "v1=1.2.3.4:x", "v1:1.2.3.4"}) {
        const auto plan = plan_connect(connect_with({}, text));
        ASSERT_FALSE(plan) << text;
        EXPECT_EQ(plan.error().domain, Domain::Usage);
    }
    EXPECT_FALSE(plan_connect(connect_with({}, "v1", "udp:127.0.0.1:53")));
    EXPECT_TRUE(plan_connect(connect_with({}, "v1", "unix:/run/x")));
}

TEST(PlanAccess, RangesOfInternetAddresses)
{
    const auto inet = *parse_target("8080", Role::Server);
    const auto over_unix = *parse_target("unix:/run/x", Role::Server);
    const auto rules = plan_access({"10.0.0.0/8", "::1"}, {"10.0.0.1"}, inet);
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->allow.size(), 2U);
    EXPECT_EQ(rules->deny, std::vector{*Cidr::parse("10.0.0.1", "")});
    EXPECT_EQ(describe_error(plan_access({}, {"10.0.0.0/40"}, inet).error()),
              "bad --deny '10.0.0.0/40': the prefix has 0 to 32 bits");
    EXPECT_FALSE(plan_access({"::1"}, {}, over_unix));
    EXPECT_TRUE(plan_access({}, {}, over_unix));
}

} // namespace

} // namespace sockit::THIS_FILE
