#include "golden.h"
#include "report/saved_sockets.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <sys/un.h>

namespace sockit::test::THIS_FILE {
namespace {

/// The records of type "socket" in `text`; what else the file says in `facts`.
std::vector<SocketInfo> read(SavedSockets& saved, const std::string& text, SavedFacts& facts,
                             Result<>* result = nullptr)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("saved");
    write_file(path, text);
    std::vector<SocketInfo> sockets;
    SocketInfo info;
    const auto done = saved(
        path, info,
        [&](const SocketInfo& one) {
            sockets.push_back(one);
            return true;
        },
        facts);
    if (result != nullptr)
        *result = done;
    return sockets;
}

std::string line_of(const StatSocket& socket)
{
    return R"({"type":"socket",)" + json_of(socket) + "}\n";
}

const std::string start =
    R"({"schema":"sockit.stat/1","type":"start","via":"netlink","time":"2025-01-31T12:00:00.250000Z"})"
    "\n";
const std::string summary =
    R"({"type":"summary","sockets":0,"by_state":{},"by_netid":{},"unreadable":0})"
    "\n";

/// One of which everything is known.
StatSocket known_socket()
{
    StatSocket socket;
    socket.view = {
        .processes = true, .extended = true, .tcp_info = true, .memory = true, .timer = true};
    socket.view.inet_options = true;
    socket.view.type_of_service = true;
    auto& info = socket.info;
    info.netid = "tcp";
    info.family = AF_INET6;
    info.state = SocketState::Established;
    info.recv_q = 1;
    info.send_q = 2;
    info.local = *Endpoint::from_literal("::1", 80);
    info.peer = *Endpoint::from_literal("2001:db8::1", 65535);
    info.uid = 4294967295;
    info.inode = 4711;
    info.cookie = 0xffffffffffffffff;
    info.timer = SocketTimer{"keepalive", 114'204'000'000, 3};
    info.processes_asked = true;
    info.processes = {{1, 2, "\x1b\xff\n", {}}, {3, 4, "", 5}};
    info.processes_incomplete = true;
    info.v6only = true;
    info.shutdown = 3;
    info.cgroup = "/a\"b\xff";
    info.tcp_info = {{"rtt_ns", 25'000}, {"min_rtt_ns", std::nullopt}, {"a_later_field", 7}};
    info.congestion = "bbr";
    info.congestion_block = "bbr";
    info.congestion_info = {{"bw", 18446744073709551615U}};
    info.memory =
        SocketMemory{.r = 1, .rb = 2, .t = 3, .tb = 4, .f = 5, .w = 6, .o = 7, .bl = 8, .d = 9};
    info.tos = 16;
    info.traffic_class = 32;
    info.class_id = 6;
    info.mark = 7;
    info.inet_options = 0x2a5;
    info.upper_protocol = "tls";
    info.upper_protocol_info = {{"version", 772}, {"cipher", 51}};
    return socket;
}

TEST(SavedSockets, EverythingThatWasKnownIsKnownAgain)
{
    SavedSockets saved;
    SavedFacts facts;
    const auto socket = known_socket();
    const auto sockets = read(saved, start + line_of(socket) + summary, facts);
    ASSERT_EQ(sockets.size(), 1U);
    StatSocket again{sockets[0], socket.view, {}, {}};
    EXPECT_EQ(json_of(again), json_of(socket));
    EXPECT_EQ(sockets[0], socket.info);
    EXPECT_EQ(facts.unreadable, 0U);
    EXPECT_TRUE(facts.complete);
    EXPECT_EQ(facts.time,
              std::chrono::system_clock::time_point(std::chrono::milliseconds(1'738'324'800'250)));
}

TEST(SavedSockets, TheNamespaceAndTheWholeOfMptcp)
{
    SavedSockets saved;
    SavedFacts facts;
    auto socket = known_socket();
    socket.info.netid = "mptcp";
    socket.info.congestion.clear();
    socket.info.congestion_block = {};
    socket.info.congestion_info.clear();
    socket.info.netns = std::make_shared<const NetnsTag>(NetnsTag{4026531840, "a\xff", 12});
    const auto sockets = read(saved, start + line_of(socket) + summary, facts);
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(json_of(StatSocket{sockets[0], socket.view, {}, {}}), json_of(socket));
    ASSERT_TRUE(sockets[0].netns);
    EXPECT_EQ(*sockets[0].netns, *socket.info.netns);
}

TEST(SavedSockets, ListenersUnixSocketsAndWhatIsNotKnown)
{
    StatSocket listener;
    listener.info.netid = "tcp";
    listener.info.family = AF_INET;
    listener.info.state = SocketState::Listen;
    listener.info.local = *Endpoint::from_literal("0.0.0.0", 80);
    listener.info.accept_length = 3;
    StatSocket local;
    local.info.netid = "u_dgr";
    local.info.family = AF_UNIX;
    local.info.state = SocketState::Close;
    local.info.local = *Endpoint::unix_abstract(std::string_view("a\0\xff", 3));
    local.info.peer_inode = 12;
    SavedSockets saved;
    SavedFacts facts;
    const auto sockets = read(saved, start + line_of(listener) + line_of(local), facts);
    ASSERT_EQ(sockets.size(), 2U);
    EXPECT_EQ(sockets[0], listener.info);
    EXPECT_EQ(sockets[1], local.info);
    EXPECT_FALSE(facts.complete);
}

TEST(SavedSockets, APathMayFillItsWholePlace)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::fill(address.sun_path, 'x'); // no NUL: unix(7), BUGS
    StatSocket socket;
    socket.info.netid = "u_str";
    socket.info.family = AF_UNIX;
    socket.info.local =
        Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    SavedSockets saved;
    SavedFacts facts;
    const auto sockets = read(saved, start + line_of(socket) + summary, facts);
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0].local, socket.info.local);
}

TEST(SavedSockets, ATimeBeyondOurClockIsNotKnown)
{
    SavedSockets saved;
    for (const std::string time :
         {"2262-04-12T00:00:00Z", "9999-12-31T23:59:59.9Z", "0001-01-01T00:00:00Z"}) {
        SavedFacts facts;
        read(saved, R"({"type":"start","time":")" + time + "\"}\n" + summary, facts);
        EXPECT_EQ(facts.time, std::nullopt) << time;
    }
}

TEST(SavedSockets, LinesThatAreNoRecordAreSkippedAndCounted)
{
    const auto good = line_of(known_socket());
    const auto without = [&](const std::string& part, const std::string& instead = "") {
        auto line = good;
        line.replace(line.find(part), part.size(), instead);
        return line;
    };
    const std::vector<std::string> bad{
        "\n",
        "garbage\n",
        "[]\n",
        "{}\n",
        "17\n",
        R"({"type":"socket"})"
        "\n",
        std::string("{\"type\":\"so\0cket\"}\n", 19),
        std::string(100'000, '[') + "\n",
        R"({"a":)" + std::string(2'000'000, '1') + "}\n",
        good.substr(0, good.size() / 2) + "\n",
        good.substr(0, good.size() - 1) + "{}\n",
        without(R"("netid":"tcp",)"),
        without(R"("state":"ESTAB",)"),
        without("ESTAB", "ESTABLISHED?"),
        without("\"inet6\",\"state\"", "\"inet7\",\"state\""),
        without("\"::1\"", "\"127.0.0.1\""),
        without("\"::1\"", "\"::1%\\u0000\""),
        without("\"port\":80", "\"port\":65536"),
        without("\"port\":80", "\"port\":-1"),
        without("\"recv_q\":1", "\"recv_q\":1.5"),
        without("\"recv_q\":1", "\"recv_q\":\"1\""),
        without("\"cookie\":\"ffffffffffffffff\"", "\"cookie\":\"fffffffffffffffff\""),
        without("\"uid\":4294967295", "\"uid\":4294967296"),
        without("\"pid\":1", "\"pid\":2147483648"),
        without("\"keepalive\"", "\"\\u001b[2J\""),
        without("\"tcp\"", "\"\\u001b[2J\""),
        without("\"shutdown\":\"both\"", "\"shutdown\":\"neither\""),
        without("comm_base64\":\"G/8K", "comm_base64\":\"G/8*"),
    };
    for (const auto& line : bad) {
        SavedSockets saved;
        SavedFacts facts;
        Result<> result;
        EXPECT_TRUE(read(saved, start + line + summary, facts, &result).empty()) << line;
        EXPECT_TRUE(result);
        EXPECT_EQ(facts.unreadable, 1U) << line.substr(0, 200);
        EXPECT_TRUE(facts.complete);
    }
}

TEST(SavedSockets, KeysAndTypesOfLaterVersionsArePassedOver)
{
    auto later = line_of(known_socket());
    later.insert(later.size() - 2, R"(,"later":{"a":[1,{"b":null}]},"and":[[]])");
    SavedSockets saved;
    SavedFacts facts;
    const auto sockets = read(saved, "{\"type\":\"later\"}\n" + later, facts);
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0], known_socket().info);
    EXPECT_EQ(facts.unreadable, 0U);
}

TEST(SavedSockets, WithoutARecordNothingIsRead)
{
    for (const std::string text : {"", "\n\n", "root:x:0:0\n", "{\"sockets\":[]}\n"}) {
        SavedSockets saved;
        SavedFacts facts;
        Result<> result;
        read(saved, text, facts, &result);
        ASSERT_FALSE(result) << text;
        EXPECT_EQ(code_name(result.error()), "EBADMSG");
    }
}

TEST(SavedSockets, NamesThatCouldHarmATerminalAreDropped)
{
    auto line = line_of(known_socket());
    for (const std::string name : {"rtt_ns", "bw"})
        line.replace(line.find("\"" + name + "\""), name.size() + 2, R"("\u001b[2J\"")");
    SavedSockets saved;
    SavedFacts facts;
    const auto sockets = read(saved, line, facts);
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0].tcp_info.size(), known_socket().info.tcp_info.size() - 1);
    EXPECT_TRUE(sockets[0].congestion_info.empty());
}

TEST(SavedSockets, NamesAreBounded)
{
    std::string line = line_of(known_socket());
    std::string many = R"("tcp_info":{)";
    for (int i = 0; i < 20'000; ++i)
        many += "\"n" + std::to_string(i) + "\":1,";
    line.replace(line.find(R"("tcp_info":{)"), 12, many);
    SavedSockets saved;
    SavedFacts facts;
    const auto sockets = read(saved, line, facts);
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_LE(sockets[0].tcp_info.size(), 1000U);
}

} // namespace
} // namespace sockit::test::THIS_FILE
