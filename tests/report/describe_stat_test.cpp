#include "report/describe.h"
#include "report/json.h"
#include "report/sink.h"

#include <gtest/gtest.h>

#include <array>

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

/// The members of the JSON record.
std::string json(const Event& event)
{
    Record record(Record::Want::Fields, false);
    describe(event, record);
    std::string out;
    append_members(out, record.fields);
    return out;
}

/// The row's cells, `|` between them.
std::string row(const Event& event)
{
    Record record(Record::Want::Text, false);
    describe(event, record);
    std::string out;
    for (const auto& cell : record.row())
        out += (out.empty() ? "" : "|") + cell.text;
    return out;
}

std::string below(const Event& event)
{
    Record record(Record::Want::Text, false);
    describe(event, record);
    return record.below;
}

StatSocket listener()
{
    StatSocket socket;
    auto& info = socket.info;
    info.netid = "tcp";
    info.family = AF_INET;
    info.state = SocketState::Listen;
    info.recv_q = 3;
    info.send_q = 2;
    info.accept_length = 3;
    info.accept_limit = 2;
    info.local = *Endpoint::from_literal("127.0.0.1", 8080);
    info.uid = 1000;
    info.inode = 4711;
    info.cookie = 0x1a;
    return socket;
}

StatSocket connection()
{
    StatSocket socket;
    auto& info = socket.info;
    info.netid = "tcp";
    info.family = AF_INET6;
    info.state = SocketState::Established;
    info.recv_q = 0;
    info.send_q = 5;
    info.local = *Endpoint::from_literal("::1", 40000);
    info.peer = *Endpoint::from_literal("::1", 22);
    info.uid = 0;
    info.inode = 4712;
    info.cookie = 0xffffffffffffffff;
    info.timer = SocketTimer{"keepalive", 114'204'000'000, 0};
    return socket;
}

TEST(DescribeStat, Listener)
{
    EXPECT_EQ(json(listener()),
              R"("netid":"tcp","family":"inet","state":"LISTEN","recv_q":3,"send_q":2,)"
              R"("local":{"family":"inet","address":"127.0.0.1","port":8080},"peer":null,)"
              R"("uid":1000,"inode":4711,"cookie":"1a","timer":null,)"
              R"("accept_queue":{"length":3,"limit":2,"full":true})");
    EXPECT_EQ(row(listener()), "tcp|LISTEN|3|2|127.0.0.1:8080|0.0.0.0:*|accept-queue-full");
}

TEST(DescribeStat, ConnectionWithATimer)
{
    auto socket = connection();
    EXPECT_EQ(json(socket),
              R"("netid":"tcp","family":"inet6","state":"ESTAB","recv_q":0,"send_q":5,)"
              R"("local":{"family":"inet6","address":"::1","port":40000},)"
              R"("peer":{"family":"inet6","address":"::1","port":22},)"
              R"("uid":0,"inode":4712,"cookie":"ffffffffffffffff",)"
              R"("timer":{"name":"keepalive","expires_ns":114204000000,"retransmits":0})");
    EXPECT_EQ(row(socket), "tcp|ESTAB|0|5|[::1]:40000|[::1]:22|");
    socket.view.timer = true;
    socket.peer_service = "ssh";
    EXPECT_EQ(row(socket), "tcp|ESTAB|0|5|[::1]:40000|[::1]:ssh|timer:(keepalive,1min54sec,0)");
}

TEST(DescribeStat, WhatProcCannotKnowIsNullNotZero)
{
    auto socket = listener();
    socket.info.send_q.reset();
    socket.info.accept_limit.reset();
    socket.info.cookie.reset();
    socket.view.extended = true;
    socket.view.tcp_info = true;
    socket.view.memory = true;
    EXPECT_EQ(json(socket),
              R"("netid":"tcp","family":"inet","state":"LISTEN","recv_q":3,"send_q":null,)"
              R"("local":{"family":"inet","address":"127.0.0.1","port":8080},"peer":null,)"
              R"("uid":1000,"inode":4711,"cookie":null,"timer":null,)"
              R"("accept_queue":{"length":3,"limit":null,"full":null},)"
              R"("shutdown":null,"mark":null,"cgroup":null,"tcp_info":null,"memory":null)");
    socket.view.extended = false;
    EXPECT_EQ(row(socket), "tcp|LISTEN|3|-|127.0.0.1:8080|0.0.0.0:*|");
}

TEST(DescribeStat, TimeWaitHasNoInode)
{
    auto socket = connection();
    socket.info.state = SocketState::TimeWait;
    socket.info.inode = 0;
    socket.info.uid.reset();
    EXPECT_NE(json(socket).find(R"("uid":null,"inode":null,)"), std::string::npos);
}

TEST(DescribeStat, Processes)
{
    auto socket = connection();
    socket.view.processes = true;
    EXPECT_TRUE(json(socket).ends_with(R"("processes":null,"processes_incomplete":null)"));
    EXPECT_TRUE(row(socket).ends_with("|users:(?)"));
    socket.info.processes_incomplete = true;
    socket.info.processes.emplace();
    EXPECT_TRUE(json(socket).ends_with(R"("processes":[],"processes_incomplete":"permission")"));
    EXPECT_TRUE(row(socket).ends_with("|"));
    socket.info.processes = {{812, 3, "sshd"}, {813, 4, "sshd"}};
    EXPECT_TRUE(json(socket).ends_with(
        R"("processes":[{"pid":812,"fd":3,"comm":"sshd"},{"pid":813,"fd":4,"comm":"sshd"}],)"
        R"("processes_incomplete":"permission")"));
    EXPECT_TRUE(row(socket).ends_with(R"(|users:(("sshd",pid=812,fd=3),("sshd",pid=813,fd=4)))"));
}

TEST(DescribeStat, ANameDoesNotPassForTwoOwners)
{
    auto socket = connection();
    socket.view.processes = true;
    socket.info.processes = {{1, 2, R"(x"),("root)"}};
    EXPECT_TRUE(row(socket).ends_with(R"y(|users:(("x\"),(\"root",pid=1,fd=2)))y")) << row(socket);
}

TEST(DescribeStat, NamesOfProcessesAreEscaped)
{
    auto socket = connection();
    socket.view.processes = true;
    socket.info.processes = {{1, 2, "\x1b[2J\n\"\xff"}};
    EXPECT_TRUE(row(socket).ends_with(R"(|users:(("\x1b[2J\n\"\xff",pid=1,fd=2)))")) << row(socket);
    EXPECT_NE(json(socket).find(R"({"pid":1,"fd":2,"comm_base64":"G1sySgoi/w=="})"),
              std::string::npos)
        << json(socket);
}

TEST(DescribeStat, Extended)
{
    auto socket = connection();
    socket.view.extended = true;
    socket.info.v6only = false;
    socket.info.shutdown = 2;
    socket.info.cgroup = "/system.slice/ssh.service";
    EXPECT_TRUE(json(socket).ends_with(
        R"("v6only":false,"shutdown":"send","mark":null,"cgroup":"/system.slice/ssh.service")"));
    EXPECT_TRUE(row(socket).ends_with(
        "|uid:0 ino:4712 sk:ffffffffffffffff v6only:0 <-- cgroup:/system.slice/ssh.service"));
}

TEST(DescribeStat, TcpInfoAndMemoryStandBelowTheRow)
{
    auto socket = connection();
    socket.view.tcp_info = true;
    socket.view.memory = true;
    socket.info.congestion = "bbr";
    socket.info.tcp_info = {{"state", 1},
                            {"rto_ns", 204'000'000},
                            {"rtt_ns", 36'500},
                            {"min_rtt_ns", std::nullopt},
                            {"snd_mss", 32768},
                            {"lost", 0},
                            {"max_pacing_rate", std::nullopt}};
    socket.info.congestion_block = "bbr";
    socket.info.congestion_info = {{"bw", 7}, {"min_rtt_ns", 9'000}};
    socket.info.memory =
        SocketMemory{.r = 1, .rb = 2, .t = 3, .tb = 4, .f = 5, .w = 6, .o = 7, .bl = 8, .d = 9};
    EXPECT_TRUE(json(socket).ends_with(
        R"("tcp_info":{"state":1,"rto_ns":204000000,"rtt_ns":36500,"min_rtt_ns":null,)"
        R"("snd_mss":32768,"lost":0,"max_pacing_rate":null,"congestion":"bbr",)"
        R"("bbr":{"bw":7,"min_rtt_ns":9000}},)"
        R"("memory":{"r":1,"rb":2,"t":3,"tb":4,"f":5,"w":6,"o":7,"bl":8,"d":9})"))
        << json(socket);
    EXPECT_EQ(below(socket), "skmem:(r1,rb2,t3,tb4,f5,w6,o7,bl8,d9) bbr rto:204ms rtt:0.036ms "
                             "snd_mss:32768 bbr:(bw:7,min_rtt:0.009ms)");
}

TEST(DescribeStat, UnixSockets)
{
    StatSocket socket;
    auto& info = socket.info;
    info.netid = "u_str";
    info.family = AF_UNIX;
    info.state = SocketState::Established;
    info.recv_q = 0;
    info.send_q = 0;
    info.local = *Endpoint::unix_path("/run/a b\x1b");
    info.inode = 7;
    info.peer_inode = 8;
    EXPECT_EQ(json(socket),
              R"("netid":"u_str","family":"unix","state":"ESTAB","recv_q":0,"send_q":0,)"
              R"("local":{"family":"unix","path":"/run/a b\u001b"},"peer":null,"uid":null,)"
              R"("inode":7,"cookie":null,"timer":null,"peer_inode":8)");
    EXPECT_EQ(row(socket), R"(u_str|ESTAB|0|0|/run/a b\x1b 7|* 8|)");
    info.local = *Endpoint::unix_abstract("name");
    EXPECT_EQ(row(socket), "u_str|ESTAB|0|0|@name 7|* 8|");
    socket.view.processes = true;
    info.processes.emplace();
    info.peer_processes = {{1, 2, "x"}};
    EXPECT_TRUE(json(socket).ends_with(R"("processes":[],"processes_incomplete":null,)"
                                       R"("peer_processes":[{"pid":1,"fd":2,"comm":"x"}])"));
}

TEST(DescribeStat, WildcardsAndDevicesAsInSs)
{
    StatSocket socket = connection();
    auto& info = socket.info;
    info.state = SocketState::Listen;
    info.timer.reset();
    info.peer.reset();
    info.local = *Endpoint::from_literal("::", 80);
    info.v6only = true;
    EXPECT_EQ(row(socket), "tcp|LISTEN|0|5|[::]:80|[::]:*|");
    info.v6only = false;
    EXPECT_EQ(row(socket), "tcp|LISTEN|0|5|*:80|*:*|");
    info.local = *Endpoint::from_literal("127.0.0.1", 80);
    info.family = AF_INET;
    info.interface = 1;
    info.interface_name = "lo";
    EXPECT_EQ(row(socket), "tcp|LISTEN|0|5|127.0.0.1%lo:80|0.0.0.0:*|");
    EXPECT_NE(json(socket).find(R"("interface":"lo")"), std::string::npos);
}

TEST(DescribeStat, PacketSockets)
{
    StatSocket socket;
    auto& info = socket.info;
    info.netid = "p_dgr";
    info.family = AF_PACKET;
    info.state = SocketState::Close;
    info.recv_q = 0;
    info.protocol = 0x0800;
    info.interface = 7;
    info.local = Endpoint::packet(0x0800, 7);
    EXPECT_EQ(row(socket), "p_dgr|UNCONN|0|-|ip:7|*|");
    info.interface_name = "eth0";
    info.drops = 3;
    EXPECT_EQ(row(socket), "p_dgr|UNCONN|0|-|ip:eth0|*|");
    EXPECT_EQ(json(socket),
              R"("netid":"p_dgr","family":"packet","state":"UNCONN","recv_q":0,"send_q":null,)"
              R"("local":{"family":"packet","protocol":"ip","interface":"eth0"},"peer":null,)"
              R"("protocol":2048,"interface":"eth0","uid":null,"inode":null,"cookie":null,)"
              R"("timer":null,"drops":3)");
    info.interface = 0;
    info.interface_name.clear();
    info.protocol = 3;
    info.local = Endpoint::packet(3, 0);
    EXPECT_EQ(row(socket), "p_dgr|UNCONN|0|-|*:*|*|");
    EXPECT_NE(json(socket).find(R"("local":{"family":"packet","protocol":"all"})"),
              std::string::npos);
    info.protocol = 0x1234;
    EXPECT_EQ(row(socket), "p_dgr|UNCONN|0|-|[4660]:*|*|");
}

TEST(DescribeStat, NetlinkAndVsockSockets)
{
    StatSocket socket;
    auto& info = socket.info;
    info.netid = "nl";
    info.family = AF_NETLINK;
    info.state = SocketState::Close;
    info.protocol = 16;
    info.local = Endpoint::netlink(4'000'000'000);
    EXPECT_EQ(row(socket), "nl|UNCONN|-|-|genl:4000000000|*|");
    socket.local_service = "x\x1b/12";
    EXPECT_EQ(row(socket), R"(nl|UNCONN|-|-|genl:x\x1b/12|*|)");
    EXPECT_NE(
        json(socket).find(R"("local":{"family":"netlink","protocol":"genl","port":4000000000},)"),
        std::string::npos);
    info = {};
    info.netid = "v_str";
    info.family = AF_VSOCK;
    info.state = SocketState::Listen;
    info.local = Endpoint::vsock(VMADDR_CID_ANY, 5555);
    EXPECT_TRUE(row(socket).ends_with("|*:5555|*:*|")) << row(socket);
    info.peer = Endpoint::vsock(2, 1024);
    EXPECT_TRUE(row(socket).ends_with("|*:5555|2:1024|")) << row(socket);
}

TEST(DescribeStat, AttributesOfInetSockets)
{
    auto socket = connection();
    socket.view = {.cgroup = true, .type_of_service = true, .inet_options = true};
    EXPECT_TRUE(json(socket).ends_with(
        R"("cgroup":null,"options":null,"tos":null,"traffic_class":null,"class_id":null)"))
        << json(socket);
    auto& info = socket.info;
    info.tos = 0x10;
    info.traffic_class = 0;
    info.class_id = 5;
    info.cgroup = "/a\n";
    info.inet_options = 0x401; // the first and the last
    EXPECT_TRUE(row(socket).ends_with(R"(|cgroup:/a\n tos:0x10 tclass:0x0 class_id:0x5)"))
        << row(socket);
    EXPECT_EQ(below(socket), "inet-sockopt:(recverr,defer_connect)");
    EXPECT_NE(json(socket).find(R"("options":{"recverr":true,"is_icsk":false,)"),
              std::string::npos);
    EXPECT_TRUE(json(socket).find(R"("defer_connect":true},"tos":16,)") != std::string::npos);
}

TEST(DescribeStat, WhatIsOnTopOfTcp)
{
    auto socket = connection();
    socket.view.tcp_info = true;
    socket.info.upper_protocol = "tls";
    EXPECT_EQ(below(socket), "tls");
    socket.info.upper_protocol_info = {{"version", 772}};
    EXPECT_EQ(below(socket), "tls:(version:772)");
    EXPECT_NE(json(socket).find(R"("ulp":{"name":"tls","version":772})"), std::string::npos);
    socket.info.netid = "mptcp";
    socket.info.tcp_info = {{"token", 7}};
    EXPECT_NE(json(socket).find(R"("mptcp_info":{"token":7})"), std::string::npos);
}

TEST(DescribeStat, AScopeGoesByTheNameInItsNamespace)
{
    auto socket = connection();
    in6_addr address{};
    ASSERT_EQ(::inet_pton(AF_INET6, "fe80::1", &address), 1);
    socket.info.interface = 1;
    socket.info.interface_name = "elsewhere";
    socket.info.local = Endpoint::inet6(address, 80, 1);
    EXPECT_NE(json(socket).find(R"("port":80,"scope":"elsewhere"})"), std::string::npos);
}

TEST(DescribeStat, StartOverviewSummary)
{
    using namespace std::chrono;
    const StatStart start{"proc", system_clock::time_point(1'500'000'000'000'001us)};
    EXPECT_EQ(json(start), R"("via":"proc","time":"2017-07-14T02:40:00.000001Z")");
    const std::vector<StatCount> counts{{"udp", SocketState::Close, 2},
                                        {"tcp", SocketState::Listen, 1},
                                        {"tcp", SocketState::Established, 30}};
    EXPECT_EQ(json(StatSummary{counts, 4}),
              R"("sockets":33,"by_state":{"ESTAB":30,"LISTEN":1,"UNCONN":2},)"
              R"("by_netid":{"tcp":31,"udp":2},"unreadable":4)");
    Record record(Record::Want::Text, false);
    describe(StatOverview{counts}, record);
    EXPECT_EQ(record.line, "tcp     31 (30 ESTAB, 1 LISTEN)\nudp     2 (2 UNCONN)\n");
    EXPECT_EQ(json(StatOverview{counts}),
              R"("sockets":33,"by_state":{"ESTAB":30,"LISTEN":1,"UNCONN":2},)"
              R"("by_netid":{"tcp":31,"udp":2})");
}

/// What the text sink prints at that width.
std::string printed(const StatSocket& socket, std::size_t width)
{
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd in(ends[0]);
    Fd out(ends[1]);
    Output records(out.ref(), "stdout");
    const auto sink = make_text_sink(records, records, {.width = width, .flush = Flush::WhenFull});
    Record record(Record::Want::Text, false);
    describe(socket, record);
    sink->write(record);
    sink->finish();
    out.close();
    std::array<char, 8192> buffer;
    const auto length = ::read(in.get(), buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

TEST(DescribeStat, WhatStandsBelowIsFoldedRowsAreCut)
{
    auto socket = connection();
    socket.view.tcp_info = true;
    socket.info.congestion = "cubic";
    socket.info.tcp_info = {{"rto_ns", 204'000'000}, {"snd_mss", 32768}, {"snd_cwnd", 10}};
    EXPECT_EQ(printed(socket, 30), "Netid State Recv-Q Send-Q Loc…\n"
                                   "tcp   ESTAB 0      5      [::…\n"
                                   "    cubic rto:204ms\n"
                                   "    snd_mss:32768 snd_cwnd:10\n");
    EXPECT_EQ(printed(socket, 0),
              "Netid  State  Recv-Q  Send-Q  Local Address:Port  Peer Address:Port  Process\n"
              "tcp    ESTAB  0       5       [::1]:40000         [::1]:22\n"
              "    cubic rto:204ms snd_mss:32768 snd_cwnd:10\n");
}

TEST(DescribeStat, DestroyedOnALineOfItsOwn)
{
    StatDestroyed event{connection(), {}};
    event.socket.info.timer.reset();
    EXPECT_EQ(json(event), R"("event":"destroyed","time":"1970-01-01T00:00:00.000000Z",)"
                           R"("socket":{"type":"socket",)" +
                               json(event.socket) + "}");
    Record record(Record::Want::Text, false);
    describe(event, record);
    EXPECT_EQ(record.line, "destroyed tcp    ESTAB  0      5      [::1]:40000          [::1]:22");
}

TEST(DescribeStat, SummaryOfARunThatKillsOrHasNoEnd)
{
    StatSummary summary;
    const std::string counts = R"("sockets":0,"by_state":{},"by_netid":{},"unreadable":0)";
    EXPECT_EQ(json(summary), counts);
    summary.killed = StatKilled{2, 1};
    EXPECT_EQ(json(summary), counts + R"(,"destroyed":2,"not_destroyed":1)");
    summary = {.overflows = 1, .over_time = true, .stopped_by = "SIGINT"};
    EXPECT_EQ(json(summary), counts + R"(,"overflows":1,"stopped_by":"SIGINT")");
}

} // namespace
} // namespace sockit::test::THIS_FILE
