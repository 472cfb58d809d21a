#include "diag/proc_net_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sockit::test::THIS_FILE {
namespace {

constexpr long ticks = 100;
const SocketQuery tcp4{.protocol = SocketProtocol::Tcp, .family = AF_INET};
const SocketQuery tcp6{.protocol = SocketProtocol::Tcp, .family = AF_INET6};
const SocketQuery udp4{.protocol = SocketProtocol::Udp, .family = AF_INET};

const std::string listener =
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 "
    "4711 1 0000000000000000 100 0 0 10 0                     ";

/// `listener` with one column replaced.
std::string with(std::string_view column, std::string_view replacement)
{
    std::string line = listener;
    return line.replace(line.find(column), column.size(), replacement);
}

bool parses(std::string_view line)
{
    SocketInfo info;
    return parse_inet_line(line, tcp4, ticks, info);
}

TEST(ProcNetLine, Listener)
{
    SocketInfo info;
    ASSERT_TRUE(parse_inet_line(listener, tcp4, ticks, info));
    EXPECT_EQ(info.netid, "tcp");
    EXPECT_EQ(info.state, SocketState::Listen);
    EXPECT_EQ(info.local.text(), "127.0.0.1:8080");
    EXPECT_EQ(info.peer, std::nullopt);
    EXPECT_EQ(info.recv_q, 3U);
    EXPECT_EQ(info.accept_length, 3U);
    EXPECT_EQ(info.uid, 1000U);
    EXPECT_EQ(info.inode, 4711U);
    EXPECT_EQ(info.timer, std::nullopt);
    // Not in the file.
    EXPECT_EQ(info.send_q, std::nullopt);
    EXPECT_EQ(info.accept_limit, std::nullopt);
    EXPECT_EQ(info.cookie, std::nullopt);
}

TEST(ProcNetLine, ConnectionWithARetransmissionTimer)
{
    SocketInfo info;
    ASSERT_TRUE(
        parse_inet_line("  17: 0100007F:0016 0200007F:D431 01 00000100:0000000A 01:00000014 "
                        "00000005  0        0 99 4 0000000000000000 20 4 30 10 -1",
                        tcp4, ticks, info));
    EXPECT_EQ(info.state, SocketState::Established);
    EXPECT_EQ(info.peer->text(), "127.0.0.2:54321");
    EXPECT_EQ(info.send_q, 256U);
    EXPECT_EQ(info.recv_q, 10U);
    EXPECT_EQ(info.accept_length, std::nullopt);
    EXPECT_EQ(info.timer, (SocketTimer{"on", 200'000'000, 5}));
    EXPECT_EQ(info.uid, 0U);
}

TEST(ProcNetLine, KeepaliveTimerCountsProbes)
{
    SocketInfo info;
    ASSERT_TRUE(
        parse_inet_line("  17: 0100007F:0016 0200007F:D431 01 00000000:00000000 02:000000C8 "
                        "00000005  0        3 99 4 0000000000000000 20 4 30 10 -1",
                        tcp4, ticks, info));
    EXPECT_EQ(info.timer, (SocketTimer{"keepalive", 2'000'000'000, 3}));
}

TEST(ProcNetLine, TimeWaitBelongsToNobody)
{
    SocketInfo info;
    ASSERT_TRUE(
        parse_inet_line("   1: 0100007F:0016 0100007F:D431 06 00000000:00000000 03:00001770 "
                        "00000000     0        0 0 3 0000000000000000",
                        tcp4, ticks, info));
    EXPECT_EQ(info.state, SocketState::TimeWait);
    EXPECT_EQ(info.uid, std::nullopt);
    EXPECT_EQ(info.inode, 0U);
    EXPECT_EQ(info.timer, (SocketTimer{"timewait", 60'000'000'000, 0}));
}

TEST(ProcNetLine, SixteenByteAddresses)
{
    SocketInfo info;
    ASSERT_TRUE(parse_inet_line("   0: 0000000000000000FFFF00000100007F:1F90 "
                                "B80D01200000000000000000EFBE0000:0050 01 00000000:00000000 "
                                "00:00000000 00000000     0        0 5 1 0000000000000000",
                                tcp6, ticks, info));
    EXPECT_EQ(info.local.text(), "[::ffff:127.0.0.1]:8080");
    EXPECT_EQ(info.peer->text(), "[2001:db8::beef]:80");
    EXPECT_FALSE(parse_inet_line(listener, tcp6, ticks, info));
}

TEST(ProcNetLine, UdpHasNoAcceptQueue)
{
    SocketInfo info;
    ASSERT_TRUE(parse_inet_line("  123: 00000000:0035 00000000:0000 07 00000000:00000300 "
                                "00:00000000 00000000   101        0 77 2 0000000000000000 12",
                                udp4, ticks, info));
    EXPECT_EQ(info.netid, "udp");
    EXPECT_EQ(state_name(info.state), "UNCONN");
    EXPECT_EQ(info.recv_q, 768U);
    EXPECT_EQ(info.send_q, 0U);
}

TEST(ProcNetLine, EveryPrefixIsRefusedUntilTheInodeIsWhole)
{
    const auto inode_end = listener.find("4711") + 4;
    for (std::size_t length = 0; length <= inode_end + 1; ++length)
        EXPECT_FALSE(parses(listener.substr(0, length))) << length;
    EXPECT_TRUE(parses(listener.substr(0, inode_end + 2)));
}

TEST(ProcNetLine, HostileColumns)
{
    const std::vector<std::string> lines{
        "",
        " ",
        ":",
        std::string(5000, ' '),
        std::string(5000, '9'),
        with("0:", ":"),
        with("0:", "0"),
        with("0:", "-1:"),
        with("0100007F", "0100007"),   // truncated hexadecimal
        with("0100007F", "0100007FF"), // too much of it
        with("0100007F", "0100007G"),
        with("0100007F", "0x00007F"),
        with("0100007F", "-100007F"),
        with("0100007F:1F90", "0100007F 1F90"),
        with(":1F90", ":1F9"),
        with(":1F90", ":1F900"),
        with(" 0A ", " FF "), // states the kernel has not
        with(" 0A ", " 00 "),
        with(" 0A ", " 0C "),
        with(" 0A ", " 0D "),
        with(" 0A ", " A "),
        with(" 0A ", " 0G "),
        with("00000003", "0000003"),
        with("00:00000000", "0:00000000"),
        with("  1000 ", "  -1 "),
        with("  1000 ", "  4294967296 "),
        with("4711", "-4711"),
        with("4711", "99999999999999999999"),
        with("4711", "47x11"),
        with("4711", std::string_view("47\0 11", 6)),
        listener + '\0',
    };
    for (const auto& line : lines)
        EXPECT_FALSE(parses(line)) << line;
}

TEST(ProcNetLine, UnixRows)
{
    SocketInfo info;
    ASSERT_TRUE(parse_unix_line(
        "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/x y\x1b[31m", info));
    EXPECT_EQ(info.netid, "u_str");
    EXPECT_EQ(info.state, SocketState::Listen);
    EXPECT_EQ(info.local.unix_name(), "/run/x y\x1b[31m");
    EXPECT_EQ(info.inode, 12345U);
    EXPECT_EQ(info.recv_q, std::nullopt);
    EXPECT_EQ(info.accept_length, std::nullopt);
    EXPECT_EQ(info.uid, std::nullopt);

    ASSERT_TRUE(
        parse_unix_line("ffff888012345678: 00000003 00000000 00000000 0002 01  7 @abc@", info));
    EXPECT_EQ(info.netid, "u_dgr");
    EXPECT_EQ(info.state, SocketState::Close);
    EXPECT_TRUE(info.local.is_unix_abstract());
    EXPECT_EQ(info.local.unix_name(), "abc@");

    ASSERT_TRUE(
        parse_unix_line("0000000000000000: 00000003 00000000 00000000 0005 03     8", info));
    EXPECT_EQ(info.netid, "u_seq");
    EXPECT_EQ(info.state, SocketState::Established);
    EXPECT_EQ(info.local, Endpoint::unix_unnamed());
}

TEST(ProcNetLine, HostileUnixRows)
{
    const std::string head = "0000000000000000: 00000002 00000000 00010000 ";
    const std::vector<std::string> lines{
        "",
        "second half of a path with a line feed",
        head,
        head + "0001 01",
        head + "0001 01 ",
        head + "0001 01 x /run",
        head + "0001 05 12 /run", // states end at 4
        head + "0001 0A 12 /run",
        head + "0009 01 12 /run", // no such type
        head + "001 01 12 /run",
        head + "0001 01 12/run",
        head + "0001 01 12 ",
        head + "0001 01 12 " + std::string(109, 'x'),
        head + "0001 01 99999999999999999999 /run",
        head + "0001 01 12 /r" + '\0' + "un",
        "00000000000000000000: 00000002 00000000 00010000 0001 01 z",
    };
    SocketInfo info;
    for (const auto& line : lines)
        EXPECT_FALSE(parse_unix_line(line, info)) << line;
    EXPECT_TRUE(parse_unix_line(head + "0001 01 12 " + std::string(108, 'x'), info));
}

TEST(ProcNetLine, ColumnNames)
{
    EXPECT_TRUE(is_column_names("  sl  local_address rem_address   st tx_queue rx_queue tr"));
    EXPECT_TRUE(is_column_names("  sl  local_address                         remote_address  st"));
    EXPECT_TRUE(is_column_names("Num       RefCount Protocol Flags    Type St Inode Path"));
    EXPECT_FALSE(is_column_names(listener));
}

TEST(ProcNetLine, DropsOfDatagramSockets)
{
    const std::string udp = "  123: 00000000:0035 00000000:0000 07 00000000:00000300 00:00000000 "
                            "00000000   101        0 77 2 00000000f65fb9b2";
    SocketInfo info;
    ASSERT_TRUE(parse_inet_line(udp + " 12   ", udp4, ticks, info));
    EXPECT_EQ(info.drops, 12U);
    ASSERT_TRUE(parse_inet_line(udp, udp4, ticks, info)); // Linux before 2.6.27
    EXPECT_EQ(info.drops, std::nullopt);
    ASSERT_TRUE(parse_inet_line(listener, tcp4, ticks, info));
    EXPECT_EQ(info.drops, std::nullopt);
}

TEST(ProcNetLine, PacketRows)
{
    const std::string line = "0000000034cb4709 3      3    88cc   2     1 640    1000   5568459";
    SocketInfo info;
    ASSERT_TRUE(parse_packet_line(line, info));
    EXPECT_EQ(info.netid, "p_raw");
    EXPECT_EQ(info.protocol, 0x88ccU);
    EXPECT_EQ(info.interface, 2U);
    EXPECT_EQ(info.recv_q, 640U);
    EXPECT_EQ(info.send_q, std::nullopt);
    EXPECT_EQ(info.uid, 1000U);
    EXPECT_EQ(info.inode, 5568459U);
    for (const std::string bad :
         {"", "sk", "garbage", "00 3 3 88cc 2 1 640 1000", "00 3 3 88cc 2 1 640 1000 5x",
          "00 3 3 88cc 2 1 640 4294967296 5", "00 3 9 88cc 2 1 640 1000 5",
          "00 3 3 88c 2 1 640 1000 5", "00 3 3 88cc -1 1 640 1000 5"})
        EXPECT_FALSE(parse_packet_line(bad, info)) << bad;
    EXPECT_FALSE(parse_packet_line(line + '\0', info));
}

TEST(ProcNetLine, NetlinkRows)
{
    const std::string line =
        "00000000aa7d4d11 15  2995693912 00000001 64       5        0     2        7        99 ";
    SocketInfo info;
    ASSERT_TRUE(parse_netlink_line(line, info));
    EXPECT_EQ(info.netid, "nl");
    EXPECT_EQ(info.protocol, 15U);
    EXPECT_EQ(info.local, Endpoint::netlink(2995693912U));
    EXPECT_EQ(info.recv_q, 64U);
    EXPECT_EQ(info.send_q, 5U);
    EXPECT_EQ(info.drops, 7U);
    EXPECT_EQ(info.inode, 99U);
    for (const std::string bad :
         {"", "00 15 1 00000001 64 5 0 2 7", "00 256 1 00000001 64 5 0 2 7 9",
          "00 15 4294967296 00000001 64 5 0 2 7 9", "00 15 1 0000001 64 5 0 2 7 9",
          "00 15 1 00000001 64 5 0 2 7 9 x"})
        EXPECT_FALSE(parse_netlink_line(bad, info)) << bad;
}

} // namespace
} // namespace sockit::test::THIS_FILE
