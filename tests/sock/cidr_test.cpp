#include "sock/cidr.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

bool is_in(std::string_view address, std::string_view range)
{
    const auto cidr = Cidr::parse(range, "--allow");
    const auto endpoint = Endpoint::from_literal(address, 80);
    EXPECT_TRUE(cidr) << range;
    EXPECT_TRUE(endpoint) << address;
    return cidr && endpoint && cidr->contains(*endpoint);
}

TEST(Cidr, AnAddressAloneIsItself)
{
    EXPECT_TRUE(is_in("10.1.2.3", "10.1.2.3"));
    EXPECT_FALSE(is_in("10.1.2.4", "10.1.2.3"));
    EXPECT_TRUE(is_in("2001:db8::1", "2001:db8:0::1"));
    EXPECT_FALSE(is_in("2001:db8::2", "2001:db8::1"));
}

TEST(Cidr, TheFirstBitsDecide)
{
    EXPECT_TRUE(is_in("10.255.0.1", "10.0.0.0/8"));
    EXPECT_FALSE(is_in("11.0.0.0", "10.0.0.0/8"));
    EXPECT_TRUE(is_in("192.168.5.129", "192.168.5.128/25"));
    EXPECT_FALSE(is_in("192.168.5.127", "192.168.5.128/25"));
    EXPECT_TRUE(is_in("192.168.5.131", "192.168.5.130/31"));
    EXPECT_FALSE(is_in("192.168.5.132", "192.168.5.130/31"));
    EXPECT_TRUE(is_in("2001:db8:ffff::1", "2001:db8::/32"));
    EXPECT_FALSE(is_in("2001:db9::1", "2001:db8::/32"));
    EXPECT_TRUE(is_in("fe80::1", "fe80::/10"));
    EXPECT_TRUE(is_in("febf::1", "fe80::/10"));
    EXPECT_FALSE(is_in("fec0::1", "fe80::/10"));
}

TEST(Cidr, NoBitsAreEveryAddressOfTheFamily)
{
    EXPECT_TRUE(is_in("203.0.113.9", "0.0.0.0/0"));
    EXPECT_FALSE(is_in("::1", "0.0.0.0/0"));
    EXPECT_TRUE(is_in("::1", "::/0"));
    EXPECT_FALSE(is_in("203.0.113.9", "::/0"));
}

TEST(Cidr, BitsAfterThePrefixDoNotCount)
{
    EXPECT_EQ(*Cidr::parse("10.1.2.3/8", "x"), *Cidr::parse("10.0.0.0/8", "x"));
    EXPECT_TRUE(is_in("10.9.9.9", "10.1.2.3/8"));
}

TEST(Cidr, AMappedAddressIsItsIpv4Address)
{
    EXPECT_TRUE(is_in("::ffff:10.1.2.3", "10.0.0.0/8"));
    EXPECT_FALSE(is_in("::ffff:10.1.2.3", "::/0"));
    EXPECT_TRUE(is_in("10.1.2.3", "::ffff:10.0.0.0/104"));
    EXPECT_TRUE(is_in("10.1.2.3", "::ffff:10.1.2.3"));
}

TEST(Cidr, WhatHasNoAddressIsInNoRange)
{
    EXPECT_FALSE(Cidr::parse("0.0.0.0/0", "x")->contains(*Endpoint::unix_path("/run/x")));
    EXPECT_FALSE(Cidr::parse("::/0", "x")->contains(Endpoint::vsock(2, 5)));
    EXPECT_FALSE(Cidr::parse("::/0", "x")->contains(Endpoint()));
}

TEST(Cidr, AnythingElseIsAUsageError)
{
    for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1",
                             "10.0.0.0/8/8", "10/8", "10.0.0/24", "localhost", "010.0.0.1",
                             "10.0.0.0/ 8", "[::1]", "::1%lo", "10.0.0.0/0x8", "10.0.0.0/+8"}) {
        const auto cidr = Cidr::parse(text, "--allow");
        ASSERT_FALSE(cidr) << text;
        EXPECT_EQ(cidr.error().domain, Domain::Usage);
        EXPECT_TRUE(describe_error(cidr.error()).starts_with("bad --allow '")) << text;
    }
}

TEST(AccessRules, WithoutRulesEverybodyMay)
{
    EXPECT_TRUE(AccessRules().admits(*Endpoint::from_literal("203.0.113.9", 1)));
}

TEST(AccessRules, OnlyThoseAllowedAndNoneDenied)
{
    AccessRules rules;
    rules.deny = {*Cidr::parse("10.0.0.5", "x")};
    EXPECT_TRUE(rules.admits(*Endpoint::from_literal("203.0.113.9", 1)));
    EXPECT_FALSE(rules.admits(*Endpoint::from_literal("10.0.0.5", 1)));
    rules.allow = {*Cidr::parse("10.0.0.0/8", "x"), *Cidr::parse("::1", "x")};
    EXPECT_TRUE(rules.admits(*Endpoint::from_literal("10.0.0.4", 1)));
    EXPECT_TRUE(rules.admits(*Endpoint::from_literal("::1", 1)));
    EXPECT_FALSE(rules.admits(*Endpoint::from_literal("10.0.0.5", 1)));
    EXPECT_FALSE(rules.admits(*Endpoint::from_literal("203.0.113.9", 1)));
}

} // namespace

} // namespace sockit::THIS_FILE
