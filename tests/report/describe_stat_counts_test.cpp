#include "golden.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

TEST(DescribeStatCounts, Group)
{
    const StatGroup group{
        {find_stat_column("state"), find_stat_column("process"), find_stat_column("peer-port"),
         find_stat_column("cookie"), find_stat_column("rtt")},
        {"ESTAB", "x\x1b\xff", std::uint64_t{443}, std::uint64_t{255}, std::uint64_t{1'500'000}},
        3};
    EXPECT_EQ(json_of(group), R"("key":{"state":"ESTAB","process_base64":"eBv/","peer_port":443,)"
                              R"("cookie":"ff","rtt_ns":1500000},"count":3)");
    EXPECT_EQ(text_of(group), R"(3 | ESTAB | x\x1b\xff | 443 | ff | 1.5ms)");
    const StatGroup nothing{{find_stat_column("process")}, {StatValue()}, 1};
    EXPECT_EQ(json_of(nothing), R"("key":{"process":null},"count":1)");
    EXPECT_EQ(text_of(nothing), "1 | -");
}

TEST(DescribeStatCounts, TotalsAsInSs)
{
    const StatTotals totals{{.sockets = 155,
                             .tcp = {5, 3},
                             .udp = {4, std::nullopt},
                             .udplite = {0, 0},
                             .raw = {0, 0},
                             .fragments = {},
                             .tcp_established = 2,
                             .tcp_orphaned = 1,
                             .tcp_time_wait = 7,
                             .tcp_allocated = 10,
                             .tcp_memory = 4096,
                             .udp_memory = 0}};
    EXPECT_EQ(text_of(totals), "Total: 155\n"
                               "TCP:   17 (estab 2, closed 2, orphaned 1, timewait 7)\n\n"
                               "Transport Total     IP        IPv6\n"
                               "RAW       0         0         0\n"
                               "UDP       4         4         -\n"
                               "TCP       8         5         3\n"
                               "INET      12        9         3\n"
                               "FRAG      -         -         -\n");
    EXPECT_EQ(json_of(totals),
              R"("sockets":155,"tcp":{"inet":5,"inet6":3,"established":2,"orphaned":1,)"
              R"("time_wait":7,"allocated":10,"memory_bytes":4096},)"
              R"("udp":{"inet":4,"inet6":null,"memory_bytes":0},"udplite":{"inet":0,"inet6":0},)"
              R"("raw":{"inet":0,"inet6":0},"fragments":{"inet":null,"inet6":null})");
}

StatSocket owned()
{
    StatSocket socket;
    socket.info.netid = "tcp";
    socket.info.family = AF_INET;
    socket.info.state = SocketState::Listen;
    socket.info.local = *Endpoint::from_literal("127.0.0.1", 80);
    socket.info.uid = 33;
    socket.info.accept_length = 3;
    socket.info.processes = {{7, 3, "x"}, {7, 4, "x"}, {9, 3, "\"),(\"y\n"}};
    socket.processes = {
        {7, "x -f \xff", std::chrono::system_clock::time_point(std::chrono::seconds(60))}};
    socket.time = std::chrono::system_clock::time_point(std::chrono::hours(3));
    return socket;
}

/// The row with these columns.
std::string row(StatSocket socket, const std::vector<std::string>& names)
{
    for (const auto& name : names) {
        socket.view.columns.push_back(find_stat_column(name));
        add_need(*socket.view.columns.back(), socket.view);
    }
    return text_of(socket);
}

TEST(DescribeStatColumns, WhatOwnersSayStandsInOneCell)
{
    EXPECT_EQ(row(owned(), {"pid", "fd", "comm", "tid"}), R"(7,9 | 3,4,3 | x,"),("y\n | -)");
    EXPECT_EQ(row(owned(), {"cmdline", "started", "age"}),
              R"(x -f \xff,- | 1970-01-01 00:01:00Z,- | 2h59m,-)");
    auto unknown = owned();
    unknown.info.processes.reset();
    EXPECT_EQ(row(unknown, {"pid", "process"}), "? | users:(?)");
    unknown.info.processes.emplace();
    EXPECT_EQ(row(unknown, {"pid", "netid"}), "- | tcp");
}

TEST(DescribeStatColumns, ThreadsAsInSs)
{
    auto socket = owned();
    socket.info.processes = {{7, 3, "x", 8}, {7, 3, "y", 9}};
    EXPECT_EQ(row(socket, {"process", "tid"}),
              R"(users:(("x",pid=7,tid=8,fd=3),("y",pid=7,tid=9,fd=3)) | 8,9)");
    socket.view.processes = true;
    EXPECT_NE(json_of(socket).find(R"({"pid":7,"fd":3,"comm":"x","tid":8})"), std::string::npos);
}

TEST(DescribeStatColumns, NumbersUsersAndQueues)
{
    auto socket = owned();
    socket.info.tcp_info = {{"rtt_ns", 36'000}, {"snd_cwnd", 10}, {"min_rtt_ns", std::nullopt}};
    socket.info.memory.emplace().rb = 4096;
    EXPECT_EQ(row(socket, {"rtt", "cwnd", "min-rtt", "rto", "rb"}), "0.036ms | 10 | - | - | 4096");
    EXPECT_EQ(row(socket, {"user", "uid", "queue", "local", "peer"}),
              "33 | 33 | 3/- | 127.0.0.1:80 | 0.0.0.0:*");
    socket.user = "www-data";
    EXPECT_EQ(row(socket, {"user"}), "www-data");
}

TEST(DescribeStatColumns, AFullQueueIsMarkedWhereItIsShown)
{
    auto socket = owned();
    socket.info.accept_limit = 3;
    socket.info.recv_q = 3;
    EXPECT_EQ(row(socket, {"netid", "queue", "owner"}), R"(tcp | 3/3 | x/7,"),("y\n/9)");
    socket.info.accept_limit = 2;
    EXPECT_EQ(row(socket, {"queue", "recv-q"}), "3/2 full | 3");
    socket.info.state = SocketState::Close;
    socket.info.accept_length.reset();
    EXPECT_EQ(row(socket, {"queue"}), "3");
}

TEST(DescribeStatColumns, NamesStandForAddresses)
{
    auto socket = owned();
    socket.view.names = true;
    socket.local_name = "a\x1b[b";
    socket.local_service = "http";
    EXPECT_EQ(row(socket, {"local", "peer"}), R"(a\x1b[b:http | 0.0.0.0:*)");
    EXPECT_NE(json_of(socket).find(R"("peer":null,"local_name":"a\u001b[b","peer_name":null,)"),
              std::string::npos)
        << json_of(socket);
}

TEST(DescribeStatColumns, MachinesGetTheWholeRecordAndWhatTheColumnsAdd)
{
    auto socket = owned();
    for (const auto* name : {"cmdline", "user"})
        add_need(*find_stat_column(name), socket.view);
    EXPECT_TRUE(json_of(socket).ends_with(
        R"("processes":[{"pid":7,"fd":3,"comm":"x","cmdline_base64":"eCAtZiD/",)"
        R"("started":"1970-01-01T00:01:00.000000Z"},)"
        R"({"pid":7,"fd":4,"comm":"x","cmdline_base64":"eCAtZiD/",)"
        R"("started":"1970-01-01T00:01:00.000000Z"},)"
        R"({"pid":9,"fd":3,"comm":"\"),(\"y\n"}],"processes_incomplete":null)"))
        << json_of(socket);
    EXPECT_NE(json_of(socket).find(R"("uid":33,"user":null,)"), std::string::npos);
}

TEST(DescribeStatColumns, OneLineHasWhatStandsBelowItElse)
{
    auto socket = owned();
    socket.view.memory = true;
    socket.info.memory.emplace();
    EXPECT_TRUE(text_of(socket).ends_with(" |  / skmem:(r0,rb0,t0,tb0,f0,w0,o0,bl0,d0)"))
        << text_of(socket);
    socket.view.one_line = true;
    EXPECT_TRUE(text_of(socket).ends_with(" | skmem:(r0,rb0,t0,tb0,f0,w0,o0,bl0,d0)"));
}

} // namespace
} // namespace sockit::test::THIS_FILE
