#include "sock/sockopt.h"

#include <gtest/gtest.h>

#include <string>

namespace sockit::THIS_FILE {
namespace {

std::string found(std::string_view name, std::optional<SocketKind> kind = std::nullopt)
{
    const auto row = find_sockopt(name, kind);
    return row ? sockopt_label(*row) : "error: " + message(row.error());
}

TEST(SockoptFind, EveryNameFindsItsOwnRow)
{
    for (const auto& row : sockopt_table()) {
        const auto qualified = std::string(row.level.name) + "/" + std::string(row.name);
        const auto numbered = std::to_string(row.level.number) + ":" + std::to_string(row.number);
        EXPECT_EQ(find_sockopt(row.name)->name, row.name);
        EXPECT_EQ(find_sockopt(qualified)->level, row.level) << qualified;
        EXPECT_EQ(find_sockopt(qualified)->number, row.number) << qualified;
        EXPECT_EQ(find_sockopt(numbered)->name, row.name) << numbered;
    }
}

TEST(SockoptFind, AnyCaseAndSocatsSpelling)
{
    for (const auto* name : {"SO_RCVBUF", "so_rcvbuf", "rcvbuf", "RCVBUF", "so-rcvbuf", "Rcvbuf"})
        EXPECT_EQ(found(name), "SO_RCVBUF") << name;
    EXPECT_EQ(found("nodelay"), "TCP_NODELAY");
    EXPECT_EQ(found("tcp-nodelay"), "TCP_NODELAY");
    EXPECT_EQ(found("keepalive"), "SO_KEEPALIVE");
    EXPECT_EQ(found("mss"), "TCP_MAXSEG");
    EXPECT_EQ(found("defer-accept"), "TCP_DEFER_ACCEPT");
    EXPECT_EQ(found("mtudiscover"), "IP_MTU_DISCOVER");
    EXPECT_EQ(found("ipv6only"), "IPV6_V6ONLY");
    EXPECT_EQ(found("ipv6-v6only"), "IPV6_V6ONLY");
    EXPECT_EQ(found("IPV6_JOIN_GROUP"), "IPV6_ADD_MEMBERSHIP");
    EXPECT_EQ(found("SO_GET_FILTER"), "SO_ATTACH_FILTER");
}

TEST(SockoptFind, LevelsAndNumbers)
{
    for (const auto* name : {"SOL_SOCKET/8", "sol_socket:8", "socket/8", "1/8", "1:8",
                             "SOL_SOCKET/SO_RCVBUF", "socket:rcvbuf"})
        EXPECT_EQ(found(name), "SO_RCVBUF") << name;
    EXPECT_EQ(found("6:45"), "TCP_RTO_MIN_US");
    EXPECT_EQ(found("tcp/45"), "TCP_RTO_MIN_US");
    EXPECT_EQ(found("SOL_TCP/1"), "TCP_NODELAY");
    EXPECT_EQ(found("6:9999"), "IPPROTO_TCP/9999");
    EXPECT_EQ(found("777/1"), "777/1");
    EXPECT_FALSE(find_sockopt("6:9999")->in_table());
    EXPECT_EQ(find_sockopt("777/1")->level.number, 777);
    for (const auto* name : {"nosuch/1", "6/", "/", "6/x", "-1/2", "6/99999999999"})
        EXPECT_EQ(find_sockopt(name).error().domain, Domain::Usage) << name;
}

TEST(SockoptFind, AmbiguousNamesMeanTheOneThatTheKindKnows)
{
    EXPECT_EQ(found("cork"), "TCP_CORK");
    EXPECT_EQ(found("cork", SocketKind::Udp4), "UDP_CORK");
    EXPECT_EQ(find_sockopt("MCAST_JOIN_GROUP", SocketKind::Raw6)->level.name, "IPPROTO_IPV6");
    EXPECT_EQ(find_sockopt("MCAST_JOIN_GROUP", SocketKind::Udp4)->level.name, "IPPROTO_IP");
    EXPECT_EQ(found("timestamp"), "SO_TIMESTAMP");
    EXPECT_EQ(found("TCP_TIMESTAMP"), "TCP_TIMESTAMP");
    EXPECT_EQ(found("TCP_NODELAY", SocketKind::Udp4), "TCP_NODELAY");
}

TEST(SockoptFind, AnUnknownNameIsAnsweredWithTheNearest)
{
    const auto mistyped = find_sockopt("SO_RCVBFU");
    ASSERT_FALSE(mistyped);
    EXPECT_EQ(mistyped.error().domain, Domain::Usage);
    EXPECT_EQ(message(mistyped.error()), "unknown socket option 'SO_RCVBFU'");
    EXPECT_EQ(mistyped.error().hint, "did you mean SO_RCVBUF?");
    EXPECT_EQ(find_sockopt("rcvbuff").error().hint, "did you mean SO_RCVBUF?");
    EXPECT_EQ(find_sockopt("nodleay").error().hint, "did you mean TCP_NODELAY?");
    EXPECT_EQ(find_sockopt("frobnication").error().hint, "sockit sockopts list shows them all");
    EXPECT_FALSE(find_sockopt(""));
}

TEST(SockoptFind, SettingsAreNameAndValue)
{
    const auto setting = parse_sockopt_setting("rcvbuf=64k");
    ASSERT_TRUE(setting);
    EXPECT_EQ(setting->row.name, "SO_RCVBUF");
    EXPECT_EQ(setting->text, "64k");
    EXPECT_EQ(setting->bytes, std::string("\0\0\1\0", 4));
    EXPECT_EQ(parse_sockopt_setting("SO_BINDTODEVICE=")->bytes, "");
    for (const auto* word : {"SO_RCVBUF", "", "=", "=1", "SO_RCVBUF=", "SO_RCVBUF=abc", "nosuch=1"})
        EXPECT_EQ(parse_sockopt_setting(word).error().domain, Domain::Usage) << word;
}

} // namespace
} // namespace sockit::THIS_FILE
