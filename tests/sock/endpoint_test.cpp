#include "sock/endpoint.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>

#include <arpa/inet.h>

namespace sockit::THIS_FILE {
namespace {

Endpoint literal(const char* address, std::uint16_t port = 80)
{
    return Endpoint::from_literal(address, port).value();
}

TEST(Endpoint, TextIsWhatTargetsAreTypedAs)
{
    EXPECT_EQ(literal("127.0.0.1").text(), "127.0.0.1:80");
    EXPECT_EQ(literal("::1").text(), "[::1]:80");
    EXPECT_EQ(Endpoint::inet6(in6addr_loopback, 80, 1).text(), "[::1%lo]:80");
    EXPECT_EQ(Endpoint::unix_path("/run/x").value().text(), "unix:/run/x");
    EXPECT_EQ(Endpoint::unix_abstract("n").value().text(), "unix:@n");
    EXPECT_EQ(Endpoint::unix_unnamed().text(), "unix:");
    EXPECT_EQ(Endpoint::vsock(2, 5).text(), "vsock:2:5");
    EXPECT_EQ(Endpoint().text(), "*");
}

TEST(Endpoint, AScopeWithoutAnInterfaceIsShownAsItsNumber)
{
    EXPECT_EQ(Endpoint::inet6(in6addr_loopback, 80, 4711).scope(), "4711");
    EXPECT_EQ(Endpoint::inet6(in6addr_loopback, 80).scope(), "");
}

TEST(Endpoint, LiteralsAreTheStrictForms)
{
    for (const char* address : {"127.1", "0x7f.0.0.1", "::g", "", "localhost", "1.2.3.4 "})
        EXPECT_FALSE(Endpoint::from_literal(address, 1)) << address;
    EXPECT_FALSE(Endpoint::from_literal(std::string_view("127.0.0.1\0", 10), 1));
    EXPECT_FALSE(Endpoint::from_literal(std::string_view("::1\0x", 5), 1));
}

TEST(Endpoint, MappedAddressesCanBeSeenThrough)
{
    EXPECT_EQ(literal("::ffff:10.1.2.3").unmapped(), literal("10.1.2.3"));
    EXPECT_EQ(literal("::1").unmapped(), literal("::1"));
    EXPECT_TRUE(literal("::ffff:127.9.9.9").is_loopback());
    EXPECT_TRUE(literal("127.255.255.254").is_loopback());
    EXPECT_FALSE(literal("128.0.0.1").is_loopback());
    EXPECT_TRUE(literal("::").is_wildcard());
    EXPECT_TRUE(literal("0.0.0.0").is_wildcard());
    EXPECT_FALSE(literal("::1").is_wildcard());
}

// unix(7): the kernel may return a path without its NUL, and a length that only covers the family.
TEST(Endpoint, TakesEveryFormTheKernelGivesUnixAddressesIn)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto taken = [&](std::size_t bytes) {
        return Endpoint::from_sockaddr(
            reinterpret_cast<const sockaddr*>(&address),
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes));
    };
    EXPECT_EQ(taken(0).text(), "unix:");
    EXPECT_FALSE(taken(0).is_unix_path());
    std::memset(address.sun_path, 'p', sizeof address.sun_path);
    EXPECT_EQ(taken(108).unix_name(), std::string(108, 'p'));
    EXPECT_EQ(taken(3).unix_name(), "ppp");
    address.sun_path[2] = '\0';
    EXPECT_EQ(taken(10).unix_name(), "pp");
    address.sun_path[0] = '\0';
    EXPECT_TRUE(taken(3).is_unix_abstract());
    EXPECT_EQ(taken(4).unix_name(), std::string_view("p\0p", 3));
    EXPECT_NE(taken(3), taken(4));
}

TEST(Endpoint, HostileLengthsDoNoHarm)
{
    sockaddr_storage address{};
    address.ss_family = AF_INET;
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(Endpoint::from_sockaddr(any, 0).family(), AF_UNSPEC);
    EXPECT_EQ(Endpoint::from_sockaddr(any, 1).family(), AF_UNSPEC);
    EXPECT_EQ(Endpoint::from_sockaddr(any, sizeof address).family(), AF_INET);
}

TEST(Endpoint, EqualMeansTheSamePlace)
{
    EXPECT_EQ(literal("127.0.0.1"), literal("127.0.0.1"));
    EXPECT_NE(literal("127.0.0.1", 80), literal("127.0.0.1", 81));
    EXPECT_NE(literal("127.0.0.1"), literal("::ffff:127.0.0.1"));
    EXPECT_NE(Endpoint::inet6(in6addr_loopback, 80, 1), Endpoint::inet6(in6addr_loopback, 80, 2));
    EXPECT_NE(Endpoint::unix_path("a").value(), Endpoint::unix_abstract("a").value());
    EXPECT_EQ(Endpoint::vsock(1, 2), Endpoint::vsock(1, 2));
    EXPECT_EQ(Endpoint(), Endpoint());
}

} // namespace
} // namespace sockit::THIS_FILE
