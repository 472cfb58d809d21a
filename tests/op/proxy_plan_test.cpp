#include "op/proxy_plan.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

std::string refusal(std::string_view url)
{
    const auto plan = parse_proxy(url);
    if (plan)
        return "accepted";
    EXPECT_EQ(plan.error().domain, Domain::Usage);
    return describe_error(plan.error());
}

TEST(ParseProxy, EveryScheme)
{
    const auto server = *parse_target("127.0.0.1:1080", Role::Client);
    for (const auto& [scheme, kind] :
         {std::pair("socks5", ProxyKind::Socks5), std::pair("socks5h", ProxyKind::Socks5h),
          std::pair("socks4", ProxyKind::Socks4), std::pair("socks4a", ProxyKind::Socks4a),
          std::pair("http", ProxyKind::Http)}) {
        const auto url = std::string(scheme) + "://127.0.0.1:1080";
        EXPECT_EQ(parse_proxy(url),
                  (ProxyPlan{.kind = kind, .server = server, .credentials = {}, .url = url}));
    }
    EXPECT_TRUE(parse_proxy("http://proxy.example:3128/"));
    EXPECT_EQ(parse_proxy("socks5h://[::1]:9050")->server.endpoint,
              *Endpoint::from_literal("::1", 9050));
}

TEST(ParseProxy, PasswordsAreDecodedAndNeverShown)
{
    const auto plan = parse_proxy("socks5://al%40ice:p%3A%2fw@p@proxy.example:1080");
    ASSERT_TRUE(plan) << describe_error(plan.error());
    EXPECT_EQ(plan->credentials, (ProxyCredentials{.user = "al@ice", .password = "p:/w@p"}));
    EXPECT_EQ(plan->url, "socks5://al%40ice@proxy.example:1080");
    EXPECT_EQ(parse_proxy("socks4://me@127.0.0.1:1")->credentials,
              (ProxyCredentials{.user = "me", .password = ""}));
    EXPECT_EQ(parse_proxy("http://me:@127.0.0.1:1")->credentials,
              (ProxyCredentials{.user = "me", .password = ""}));
}

TEST(ParseProxy, UsageErrorsDoNotTellThePassword)
{
    for (const char* url :
         {"socks5://u:secret@host", "socks5://u:secret@host:99999", "https://u:secret@host:1",
          "u:secret@host:1", "socks4://u:secret@host:1", "http://a%3Ab:secret@host:1",
          "socks5://u:secret%4@host:1", "socks5://u:secret%zz@host:1", "socks5://:secret@host:1",
          "socks5://u:secret@tls:host:1", "http://u:secret@host:1/x", "http://u:secret@:1"}) {
        const auto words = refusal(url);
        EXPECT_TRUE(words.starts_with("bad --proxy '")) << url << ": " << words;
        EXPECT_EQ(words.find("secret"), std::string::npos) << words;
    }
}

TEST(ParseProxy, WhatIsNoProxy)
{
    for (const char* url :
         {"", "socks5", "socks5:", "socks5:127.0.0.1:1", "socks5://", "socks5://127.0.0.1",
          "socks5://1080", "socks5://:1080", "socks5://127.0.0.1:0", "socks5://unix:/run/x",
          "SOCKS5://h:1", "http://127.1:80", "socks5://h h:1", "socks5://h:1:2"})
        EXPECT_NE(refusal(url), "accepted") << url;
    EXPECT_NE(refusal("socks5://" + std::string(256, 'u') + ":p@h:1"), "accepted");
    EXPECT_NE(refusal("socks5://u:" + std::string(256, 'p') + "@h:1"), "accepted");
    EXPECT_EQ(refusal("socks5://" + std::string(255, 'u') + ":" + std::string(255, 'p') + "@h:1"),
              "accepted");
    EXPECT_NE(refusal("socks4://a%00b@h:1"), "accepted");
}

TEST(CheckProxied, WhatAProxyCanBeAskedFor)
{
    const auto check = [](std::string_view proxy, std::string_view target) {
        return check_proxied(*parse_proxy(proxy), *parse_target(target, Role::Client)).has_value();
    };
    EXPECT_TRUE(check("socks5://h:1", "example.org:80"));
    EXPECT_TRUE(check("socks5://h:1", "[::1]:80"));
    EXPECT_TRUE(check("http://h:1", "tls:[::1]:443"));
    EXPECT_TRUE(check("socks4://h:1", "127.0.0.1:80"));
    EXPECT_TRUE(check("socks4a://h:1", "[::ffff:127.0.0.1]:80"));
    EXPECT_FALSE(check("socks4://h:1", "[::1]:80"));
    EXPECT_FALSE(check("socks5://h:1", "unix:/run/x"));
    EXPECT_FALSE(check("socks5://h:1", "udp:127.0.0.1:53"));
    EXPECT_FALSE(check("http://h:1", "[fe80::1%lo]:80"));
}

} // namespace

} // namespace sockit::THIS_FILE
