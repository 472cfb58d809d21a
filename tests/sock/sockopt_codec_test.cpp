#include "base/escape.h"
#include "sock/sockopt.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sockit::THIS_FILE {
namespace {

SockoptRow row(std::string_view name) { return *find_sockopt(name); }

/// What the text means, by way of the kernel's bytes; the error's message otherwise.
std::string round_trip(std::string_view name, std::string_view text)
{
    const auto found = row(name);
    const auto bytes = encode_sockopt(found, text);
    return bytes ? sockopt_text(found, decode_sockopt(found, *bytes)) : message(bytes.error());
}

std::string encoded(std::string_view name, std::string_view text)
{
    const auto bytes = encode_sockopt(row(name), text);
    return bytes ? hex(*bytes) : message(bytes.error());
}

TEST(SockoptCodec, FlagsTakeEightWords)
{
    for (const auto* yes : {"true", "1", "on", "yes", "ON", "True"})
        EXPECT_EQ(round_trip("SO_KEEPALIVE", yes), "true") << yes;
    for (const auto* no : {"false", "0", "off", "no", "Off"})
        EXPECT_EQ(round_trip("SO_KEEPALIVE", no), "false") << no;
    EXPECT_EQ(round_trip("SO_KEEPALIVE", "2"),
              "bad value of SO_KEEPALIVE '2': expected true or false");
    EXPECT_EQ(encoded("SO_KEEPALIVE", "on"), "01000000");
}

TEST(SockoptCodec, IntegersAreInTheKernelsUnitOrHaveASuffix)
{
    EXPECT_EQ(round_trip("SO_RCVBUF", "65536"), "65536");
    EXPECT_EQ(round_trip("SO_RCVBUF", "64k"), "65536");
    EXPECT_EQ(round_trip("SO_RCVBUF", "64KiB"), "65536");
    EXPECT_EQ(round_trip("SO_RCVLOWAT", "-1"), "-1");
    EXPECT_EQ(round_trip("TCP_KEEPIDLE", "90"), "90");
    EXPECT_EQ(round_trip("TCP_KEEPIDLE", "2m"), "120");
    EXPECT_EQ(round_trip("TCP_USER_TIMEOUT", "5000"), "5000");
    EXPECT_EQ(round_trip("TCP_USER_TIMEOUT", "5s"), "5000");
    EXPECT_EQ(round_trip("TCP_RTO_MIN_US", "20ms"), "20000");
    EXPECT_EQ(round_trip("SO_MAX_PACING_RATE", "10M/s"), "10485760");
    EXPECT_EQ(round_trip("SO_MARK", "0x10"), "16");
    EXPECT_EQ(round_trip("SO_MARK", "4294967295"), "4294967295");
    EXPECT_EQ(round_trip("SO_MAX_PACING_RATE", "18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(round_trip("IP_TTL", "-2147483648"), "-2147483648");
}

TEST(SockoptCodec, IntegersThatDoNotFitAreUsageErrors)
{
    EXPECT_EQ(round_trip("SO_RCVBUF", "2147483648"),
              "bad value of SO_RCVBUF '2147483648': expected -2147483648 to 2147483647");
    EXPECT_EQ(round_trip("IP_TTL", "-2147483649"),
              "bad value of IP_TTL '-2147483649': expected -2147483648 to 2147483647");
    EXPECT_EQ(round_trip("SO_MARK", "-1"), "bad value of SO_MARK '-1': expected a number");
    EXPECT_EQ(round_trip("SO_RCVBUF", "4G"),
              "bad value of SO_RCVBUF '4G': expected -2147483648 to 2147483647");
    for (const auto* text : {"", " 1", "1 ", "1x", "+1", "0x", "0xg", "--1", "1e3", "-"})
        EXPECT_FALSE(encode_sockopt(row("IP_TTL"), text)) << text;
    EXPECT_FALSE(encode_sockopt(row("IP_TTL"), "1k")) << "hops have no size suffix";
    EXPECT_FALSE(encode_sockopt(row("TCP_KEEPIDLE"), "1500ms")) << "no whole seconds";
}

TEST(SockoptCodec, NamedValuesAreTakenByNameAndShown)
{
    EXPECT_EQ(round_trip("IP_MTU_DISCOVER", "do"), "2");
    EXPECT_EQ(round_trip("IP_MTU_DISCOVER", "2"), "2");
    EXPECT_EQ(round_trip("PACKET_VERSION", "tpacket_v3"), "2");
    EXPECT_EQ(sockopt_symbol(row("IP_MTU_DISCOVER"), SockoptValue{std::int64_t{3}}), "probe");
    EXPECT_EQ(sockopt_symbol(row("SO_TYPE"), SockoptValue{std::int64_t{1}}), "SOCK_STREAM");
    EXPECT_EQ(sockopt_symbol(row("SO_TYPE"), SockoptValue{std::int64_t{77}}), "");
    EXPECT_NE(round_trip("IP_MTU_DISCOVER", "maybe").find("one of dont want do probe"),
              std::string::npos);
}

TEST(SockoptCodec, TimevalsAreDurations)
{
    EXPECT_EQ(round_trip("SO_RCVTIMEO", "1.5"), "1.5s");
    EXPECT_EQ(round_trip("SO_RCVTIMEO", "250ms"), "0.25s");
    EXPECT_EQ(round_trip("SO_RCVTIMEO", "1us"), "0.000001s");
    EXPECT_EQ(round_trip("SO_RCVTIMEO", "0"), "0s");
    EXPECT_EQ(round_trip("SO_RCVTIMEO", "1h"), "3600s");
    EXPECT_EQ(round_trip("SO_RCVTIMEO", "1.5s"), "1.5s");
    EXPECT_FALSE(encode_sockopt(row("SO_RCVTIMEO"), "soon"));
}

TEST(SockoptCodec, LingerIsOffOrSeconds)
{
    EXPECT_EQ(encoded("SO_LINGER", "off"), "0000000000000000");
    EXPECT_EQ(encoded("SO_LINGER", "on"), "0100000000000000");
    EXPECT_EQ(encoded("SO_LINGER", "5"), "0100000005000000");
    EXPECT_EQ(encoded("SO_LINGER", "0"), "0100000000000000");
    EXPECT_EQ(encoded("SO_LINGER", "1m"), "010000003c000000");
    EXPECT_EQ(round_trip("SO_LINGER", "5"), "5");
    EXPECT_EQ(round_trip("SO_LINGER", "off"), "off");
    EXPECT_FALSE(encode_sockopt(row("SO_LINGER"), "maybe"));
}

TEST(SockoptCodec, NamesAreTextAndNeverCutByTheKernel)
{
    EXPECT_EQ(encoded("SO_BINDTODEVICE", "lo"), "6c6f");
    EXPECT_EQ(encoded("SO_BINDTODEVICE", ""), "");
    EXPECT_EQ(round_trip("TCP_CONGESTION", "reno"), "reno");
    EXPECT_FALSE(encode_sockopt(row("SO_BINDTODEVICE"), "averylonginterface"));
    const auto found = row("TCP_CONGESTION");
    EXPECT_EQ(sockopt_text(found, decode_sockopt(found, std::string_view("bbr\0\0\0\0", 7))),
              "bbr");
}

TEST(SockoptCodec, InterfacesGoByNameOrIndex)
{
    EXPECT_EQ(encoded("SO_BINDTOIFINDEX", "lo"), "01000000");
    EXPECT_EQ(encoded("SO_BINDTOIFINDEX", "1"), "01000000");
    EXPECT_EQ(encoded("IP_UNICAST_IF", "lo"), "00000001") << "network byte order";
    EXPECT_EQ(round_trip("IP_UNICAST_IF", "1"), "1");
    EXPECT_FALSE(encode_sockopt(row("SO_BINDTOIFINDEX"), "nosuch0"));
}

TEST(SockoptCodec, PortRanges)
{
    EXPECT_EQ(encoded("IP_LOCAL_PORT_RANGE", "40000-50000"), "409c50c3");
    EXPECT_EQ(round_trip("IP_LOCAL_PORT_RANGE", "40000-50000"), "40000-50000");
    EXPECT_FALSE(encode_sockopt(row("IP_LOCAL_PORT_RANGE"), "40000"));
    EXPECT_FALSE(encode_sockopt(row("IP_LOCAL_PORT_RANGE"), "1-65536"));
}

TEST(SockoptCodec, MulticastRequestsNameGroupSourceAndInterface)
{
    EXPECT_EQ(encoded("IP_ADD_MEMBERSHIP", "239.1.2.3"), "ef0102030000000000000000");
    EXPECT_EQ(encoded("IP_ADD_MEMBERSHIP", "239.1.2.3%lo"), "ef0102030000000001000000");
    EXPECT_EQ(encoded("IPV6_ADD_MEMBERSHIP", "ff02::1%lo"),
              "ff02000000000000000000000000000101000000");
    EXPECT_EQ(encoded("IP_ADD_SOURCE_MEMBERSHIP", "10.0.0.1@239.1.2.3"),
              "ef010203000000000a000001");
    EXPECT_EQ(encode_sockopt(row("MCAST_JOIN_GROUP"), "ff02::1%lo")->size(), 136U);
    EXPECT_EQ(encode_sockopt(row("MCAST_JOIN_SOURCE_GROUP"), "::1@ff02::1")->size(), 264U);
    EXPECT_EQ(encoded("IP_MULTICAST_IF", "10.0.0.1"), "0a000001");
    EXPECT_EQ(encoded("IP_MULTICAST_IF", "lo"), "000000000000000001000000");
    for (const auto* text : {"", "nonsense", "239.1.2.3%nosuch0", "::1", "239.1.2.3%"})
        EXPECT_FALSE(encode_sockopt(row("IP_ADD_MEMBERSHIP"), text)) << text;
    EXPECT_FALSE(encode_sockopt(row("IP_ADD_SOURCE_MEMBERSHIP"), "239.1.2.3"));
    EXPECT_FALSE(encode_sockopt(row("MCAST_JOIN_SOURCE_GROUP"), "10.0.0.1@ff02::1"));
}

TEST(SockoptCodec, StructsOfNumbersAreCommaSeparated)
{
    EXPECT_EQ(encoded("SO_TXTIME", "11,1"), "0b00000001000000");
    EXPECT_EQ(encoded("SO_TXTIME", "11"), "0b00000000000000");
    EXPECT_EQ(round_trip("SO_TXTIME", "11,1"), "11,1");
    EXPECT_EQ(encoded("PACKET_RX_RING", "4096,1,2048,2"), "00100000010000000008000002000000");
    EXPECT_FALSE(encode_sockopt(row("SO_TXTIME"), "1,2,3"));
    EXPECT_FALSE(encode_sockopt(row("SO_TXTIME"), "1,-2"));
    EXPECT_FALSE(encode_sockopt(row("SO_TXTIME"), "x"));
}

TEST(SockoptCodec, RawBytesForAnyOption)
{
    EXPECT_EQ(encoded("SO_RCVBUF", "hex:00000200"), "00000200");
    EXPECT_EQ(encoded("ICMPV6_FILTER", "hex:"), "");
    EXPECT_FALSE(encode_sockopt(row("SO_RCVBUF"), "hex:0"));
    EXPECT_FALSE(encode_sockopt(row("SO_RCVBUF"), "hex:0g"));
    EXPECT_EQ(message(encode_sockopt(row("ICMPV6_FILTER"), "1").error()),
              "bad value of ICMPV6_FILTER '1': expected hex: and the bytes");
    EXPECT_FALSE(encode_sockopt(row("SO_ATTACH_FILTER"), "1")) << "a program is no number";
}

TEST(SockoptCodec, UnknownNumbersAreIntegersOrBytesByLength)
{
    const auto unknown = sockopt_row(6, 9999);
    EXPECT_EQ(decode_sockopt(unknown, std::string_view("\1\0\0\0", 4)),
              SockoptValue{std::int64_t{1}});
    EXPECT_EQ(decode_sockopt(unknown, "abc"), SockoptValue{SockoptBytes{"abc"}});
    EXPECT_EQ(hex(*encode_sockopt(unknown, "7")), "07000000");
}

TEST(SockoptCodec, StructsAreDecodedByTheLengthReturned)
{
    const std::string bytes("\7\0\0\0\xe8\3\0\0\xff\xff\xff\xff", 12);
    EXPECT_EQ(sockopt_text(row("SO_PEERCRED"), decode_sockopt(row("SO_PEERCRED"), bytes)),
              "pid=7 uid=1000 gid=unknown");
    EXPECT_EQ(
        sockopt_text(row("SO_PEERCRED"),
                     decode_sockopt(row("SO_PEERCRED"), std::string_view(bytes).substr(0, 8))),
        "pid=7 uid=1000");
    EXPECT_EQ(sockopt_text(row("NETLINK_LIST_MEMBERSHIPS"),
                           decode_sockopt(row("NETLINK_LIST_MEMBERSHIPS"),
                                          std::string_view("\1\0\0\x80\2\0\0\0", 8))),
              "1 32 34");
    EXPECT_EQ(
        sockopt_text(row("SO_PEERGROUPS"),
                     decode_sockopt(row("SO_PEERGROUPS"), std::string_view("\0\0\0\0\5\0\0\0", 8))),
        "0 5");
}

// The kernel is trusted, but a newer one may return anything of any length.
TEST(SockoptCodec, AnyBytesOfAnyLengthDecode)
{
    std::mt19937 random(1); // NOLINT: the same bytes in every run
    for (const auto& each : sockopt_table())
        for (std::size_t length = 0; length < 300; length += length < 40 ? 1 : 13) {
            std::string bytes(length, '\0');
            for (auto& byte : bytes)
                byte = static_cast<char>(random());
            const auto text = sockopt_text(each, decode_sockopt(each, bytes));
            ASSERT_LT(text.size(), 10'000U);
        }
}

} // namespace
} // namespace sockit::THIS_FILE
