#include "datagram_peer.h"
#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <set>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;
using Kind = DatagramPeer::Kind;
using namespace std::chrono_literals;

Server datagram_echo(const std::string& address, const Words& options = {})
{
    Words words{"echo", "server", address, "--jsonl"};
    words.insert(words.end(), options.begin(), options.end());
    return Server(words);
}

/// An IPv4 server and a peer of its.
struct UdpEcho {
    explicit UdpEcho(const Words& options = {}) : server(datagram_echo("udp:127.0.0.1:0", options))
    {}

    void send(std::string_view bytes) const { peer.send_to(Address(server.endpoint()), bytes); }
    std::string ask(std::string_view bytes)
    {
        send(bytes);
        return peer.receive();
    }

    Server server;
    DatagramPeer peer{Kind::Inet};
};

std::vector<json> records_of(Server& server)
{
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    return parse_lines(outcome.out);
}

json last_of(Server& server) { return records_of(server).back(); }

std::vector<json> records_of_type(const std::vector<json>& records, const std::string& type)
{
    std::vector<json> found;
    std::ranges::copy_if(records, std::back_inserter(found),
                         [&](const json& record) { return record["type"] == type; });
    return found;
}

class DatagramEcho : public testing::TestWithParam<Kind> {
protected:
    [[nodiscard]] std::string address() const
    {
        return GetParam() == Kind::Inet    ? "udp:127.0.0.1:0"
               : GetParam() == Kind::Inet6 ? "udp:[::1]:0"
                                           : "unix-dgram:" + path("server");
    }
    [[nodiscard]] DatagramPeer peer(const std::string& name) const
    {
        return DatagramPeer(GetParam(), path(name));
    }
    [[nodiscard]] std::string path(const std::string& name) const { return m_directory.path(name); }

private:
    TemporaryDirectory m_directory;
};

INSTANTIATE_TEST_SUITE_P(Kinds, DatagramEcho, testing::Values(Kind::Inet, Kind::Inet6, Kind::Unix),
                         [](const testing::TestParamInfo<Kind>& info) {
                             return info.param == Kind::Inet    ? "V4"
                                    : info.param == Kind::Inet6 ? "V6"
                                                                : "Unix";
                         });

TEST_P(DatagramEcho, SendsEachBackWhole)
{
    auto server = datagram_echo(address());
    const Address to(server.endpoint());
    auto one = peer("one");
    auto other = peer("other");
    const std::string large(65'506, 'x');
    for (const auto& text : {std::string("hello"), std::string(), large}) {
        one.send_to(to, text);
        other.send_to(to, text + "!");
        EXPECT_TRUE(one.receive() == text) << text.size();
        EXPECT_TRUE(other.receive() == text + "!") << text.size();
    }
    EXPECT_EQ(one.last().text(), server.endpoint());
    const auto records = records_of(server);
    const auto accepted = records_of_type(records, "accept");
    ASSERT_EQ(accepted.size(), 2U);
    EXPECT_EQ(accepted[1]["id"], 2);
    const auto& summary = records.back();
    EXPECT_EQ(summary["accepted"], 2);
    EXPECT_EQ(summary["errors"], 0);
    EXPECT_EQ(summary["messages"], 6);
    EXPECT_EQ(summary["bytes_received"], 131'025);
    EXPECT_EQ(summary["bytes_sent"], 131'025);
    EXPECT_FALSE(summary.contains("dropped_datagrams"));
    EXPECT_FALSE(std::filesystem::exists(path("server")));
}

TEST_P(DatagramEcho, KeepsTheOrder)
{
    const auto server = datagram_echo(address());
    const Address to(server.endpoint());
    auto one = peer("one");
    constexpr int count = 2000;
    constexpr int ahead = 64;
    for (int i = 0; i < count + ahead; ++i) {
        if (i < count)
            one.send_to(to, std::to_string(i));
        if (i >= ahead) {
            ASSERT_EQ(one.receive(), std::to_string(i - ahead));
        }
    }
}

TEST(UdpEcho, AnswersFromTheAddressAsked)
{
    auto server = datagram_echo("udp:0");
    for (const std::string host : {"127.0.0.1", "127.0.0.2", "[::1]"}) {
        DatagramPeer peer(host == "[::1]" ? Kind::Inet6 : Kind::Inet);
        const auto asked = host + ":" + server.port();
        peer.send_to(Address(asked), host);
        EXPECT_EQ(peer.receive(), host);
        EXPECT_EQ(peer.last().text(), asked);
    }
    const auto accepted = records_of_type(records_of(server), "accept");
    ASSERT_EQ(accepted.size(), 3U);
    EXPECT_EQ(accepted[1]["local"]["address"], "127.0.0.2");
    EXPECT_EQ(accepted[1]["peer"]["family"], "inet");
}

/// A UDP socket on 127.0.0.1 that may share its port.
DatagramPeer peer_on_port(int port)
{
    return DatagramPeer(Address("127.0.0.1:" + std::to_string(port)));
}

TEST(UdpEcho, DoesNotAnswerWhatWouldAnswerIt)
{
    UdpEcho echo;
    std::vector<DatagramPeer> services;
    for (const int port : {7, 9, 13, 17, 19}) {
        services.push_back(peer_on_port(port));
        services.back().send_to(Address(echo.server.endpoint()), "ping");
    }
    EXPECT_EQ(echo.ask("hello"), "hello");
    for (const auto& service : services)
        EXPECT_FALSE(service.anything_within(0));
    const auto records = records_of(echo.server);
    EXPECT_EQ(records.back()["unanswered"], 5);
    const auto warnings = records_of_type(records, "warning");
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0]["message"],
              "no answer to 127.0.0.1:7: what lives there would answer it, without end");
}

TEST(UdpEcho, DoesNotAnswerItself)
{
    auto server = datagram_echo("udp:0.0.0.0:0", {"--reuseport"});
    const auto disguise = peer_on_port(std::stoi(server.port()));
    disguise.send_to(Address("127.0.0.2:" + server.port()), "ping");
    DatagramPeer other(Kind::Inet);
    other.send_to(Address("127.0.0.2:" + server.port()), "hello");
    EXPECT_EQ(other.receive(), "hello");
    EXPECT_FALSE(disguise.anything_within(0));
    EXPECT_EQ(last_of(server)["unanswered"], 1);
}

TEST(UdpEcho, WhatTheKernelDroppedIsCounted)
{
    UdpEcho echo({"--sockopt", "SO_RCVBUF=8k"});
    ASSERT_EQ(::kill(echo.server->pid(), SIGSTOP), 0);
    for (int i = 0; i < 200; ++i)
        echo.send(std::string(1000, 'x'));
    ASSERT_EQ(::kill(echo.server->pid(), SIGCONT), 0);
    int sent = 200;
    do { // those may be dropped as well
        echo.send("last");
        ++sent;
    } while (!echo.peer.anything_within(20));
    while (echo.peer.receive() != "last") {
        echo.send("last");
        ++sent;
    }
    const auto summary = last_of(echo.server);
    EXPECT_GT(summary["dropped_datagrams"], 100);
    EXPECT_LE(summary["dropped_datagrams"].get<int>() + summary["messages"].get<int>(), sent);
}

TEST(UdpEcho, ManyThreadsServeManyPeers)
{
    auto server = datagram_echo("udp:127.0.0.1:0", {"--threads", "3"});
    const Address to(server.endpoint());
    std::vector<std::unique_ptr<DatagramPeer>> peers;
    for (int i = 0; i < 16; ++i) {
        peers.push_back(std::make_unique<DatagramPeer>(Kind::Inet));
        peers.back()->send_to(to, std::to_string(i));
    }
    for (std::size_t i = 0; i < peers.size(); ++i)
        EXPECT_EQ(peers[i]->receive(), std::to_string(i));
    const auto records = records_of(server);
    EXPECT_EQ(records.back()["accepted"], 16);
    EXPECT_EQ(records.back()["bytes_sent"], 22);
    std::set<int> ids;
    for (const auto& accepted : records_of_type(records, "accept"))
        ids.insert(accepted["id"].get<int>());
    EXPECT_EQ(ids.size(), 16U);
    EXPECT_EQ(*ids.rbegin(), 16);
}

TEST(UdpEcho, DiscardSaysNothing)
{
    auto server = datagram_echo("udp:127.0.0.1:0", {"--mode", "discard"});
    const DatagramPeer peer(Kind::Inet);
    for (int i = 0; i < 10; ++i)
        peer.send_to(Address(server.endpoint()), "12345");
    server->wait_for_output("accept");
    const auto summary = last_of(server);
    EXPECT_FALSE(peer.anything_within(0));
    EXPECT_EQ(summary["bytes_sent"], 0);
    EXPECT_GT(summary["bytes_received"], 0);
}

TEST(UdpEcho, ChargenAnswersWithUpTo512Characters)
{
    UdpEcho echo({"--mode", "chargen"});
    std::set<std::size_t> sizes;
    for (int i = 0; i < 50; ++i) {
        const auto text = echo.ask("");
        sizes.insert(text.size());
        EXPECT_TRUE(std::ranges::all_of(
            text, [](char c) { return (c >= ' ' && c <= '~') || c == '\r' || c == '\n'; }));
        if (text.size() > 73) {
            EXPECT_EQ(text.substr(72, 2), "\r\n");
        }
    }
    EXPECT_LE(*sizes.rbegin(), 512U);
    EXPECT_GT(sizes.size(), 20U);
}

class UnixDatagramEcho : public testing::Test {
protected:
    [[nodiscard]] DatagramPeer peer(const std::string& name) const
    {
        return DatagramPeer(Kind::Unix, m_directory.path(name));
    }

private:
    TemporaryDirectory m_directory;

protected:
    Server m_server = datagram_echo("unix-dgram:" + m_directory.path("server"));
    Address m_to{m_server.endpoint()};
};

TEST_F(UnixDatagramEcho, APeerThatDoesNotReadWaitsAlone)
{
    constexpr int count = 300; // many more than its queue holds
    auto lazy = peer("lazy");
    auto other = peer("other");
    for (int i = 0; i < count; ++i)
        lazy.send_to(m_to, std::to_string(i));
    for (int i = 0; i < 100; ++i) {
        other.send_to(m_to, std::to_string(i));
        ASSERT_EQ(other.receive(), std::to_string(i));
    }
    for (int i = 0; i < count; ++i)
        ASSERT_EQ(lazy.receive(), std::to_string(i));
}

TEST_F(UnixDatagramEcho, LargeOnesThatNobodyReadsLeaveRoomForOthers)
{
    constexpr int count = 15; // the kernel charges the server for those in the peer's queue
    const std::string large(28'000, 'x');
    auto lazy = peer("lazy");
    auto other = peer("other");
    for (int i = 0; i < count; ++i)
        lazy.send_to(m_to, large);
    for (int i = 0; i < 20; ++i) {
        other.send_to(m_to, std::to_string(i));
        ASSERT_EQ(other.receive(), std::to_string(i));
    }
    for (int i = 0; i < count; ++i)
        ASSERT_TRUE(lazy.receive() == large);
}

TEST_F(UnixDatagramEcho, APeerThatIsGoneIsTold)
{
    ASSERT_EQ(::kill(m_server->pid(), SIGSTOP), 0);
    std::make_unique<DatagramPeer>(peer("gone"))->send_to(m_to, "hello");
    ASSERT_EQ(::kill(m_server->pid(), SIGCONT), 0);
    auto other = peer("other");
    other.send_to(m_to, "hello");
    EXPECT_EQ(other.receive(), "hello");
    const auto records = records_of(m_server);
    EXPECT_EQ(records.back()["closed"], 1);
    EXPECT_EQ(records.back()["errors"], 1);
    const auto closed = records_of_type(records, "close");
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed[0]["error"]["code"], "ECONNREFUSED");
}

TEST_F(UnixDatagramEcho, WhoHasNoNameGetsNoAnswer)
{
    const Fd nameless(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::sendto(nameless.get(), "x", 1, 0, m_to.data(), m_to.size()), 1);
    auto other = peer("other");
    other.send_to(m_to, "hello");
    EXPECT_EQ(other.receive(), "hello");
    EXPECT_EQ(last_of(m_server)["unanswered"], 1);
}

TEST(UdpFaults, ADroppedOneIsNotEchoed)
{
    UdpEcho echo({"--drop", "1"});
    echo.send("hello");
    echo.server->wait_for_output("\"fault\"");
    EXPECT_FALSE(echo.peer.anything_within(0));
    const auto records = records_of(echo.server);
    const auto faults = records_of_type(records, "fault");
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0]["kind"], "drop");
    EXPECT_EQ(faults[0]["id"], 1);
    EXPECT_EQ(records.back()["faults"]["drop"], 1);
}

TEST(UdpFaults, ADuplicateComesTwice)
{
    UdpEcho echo({"--duplicate", "1"});
    EXPECT_EQ(echo.ask("a"), "a");
    EXPECT_EQ(echo.peer.receive(), "a");
    EXPECT_EQ(echo.ask("b"), "b");
    EXPECT_EQ(echo.peer.receive(), "b");
    EXPECT_EQ(last_of(echo.server)["faults"]["duplicate"], 2);
}

TEST(UdpFaults, OneByteIsCorrupted)
{
    UdpEcho echo({"--corrupt", "1"});
    const std::string sent(100, 'x');
    echo.ask("before");
    const auto got = echo.ask(sent);
    ASSERT_EQ(got.size(), sent.size());
    const auto differing = std::ranges::count_if(got, [](char c) { return c != 'x'; });
    EXPECT_EQ(differing, 1);
    const auto records = records_of(echo.server);
    const auto faults = records_of_type(records, "fault");
    ASSERT_EQ(faults.size(), 2U);
    EXPECT_EQ(faults[1]["offset"],
              6 + (std::ranges::find_if(got, [](char c) { return c != 'x'; }) - got.begin()));
}

TEST(UdpFaults, AReorderedOneComesAfterTheNext)
{
    UdpEcho echo({"--reorder", "1"});
    echo.send("a");
    echo.send("b");
    EXPECT_EQ(echo.peer.receive(), "b");
    EXPECT_EQ(echo.peer.receive(), "a");
    echo.send("c"); // nothing follows
    EXPECT_EQ(echo.peer.receive(), "c");
    EXPECT_EQ(last_of(echo.server)["faults"]["reorder"], 2);
}

TEST(UdpFaults, ADelayedOneComesLater)
{
    UdpEcho echo({"--delay", "60ms~20ms"});
    const auto begin = steady_clock::now();
    echo.send("a");
    echo.send("b");
    EXPECT_EQ(echo.peer.receive(), "a");
    EXPECT_GE(steady_clock::now() - begin, 40ms);
    EXPECT_EQ(echo.peer.receive(), "b");
    EXPECT_EQ(last_of(echo.server)["faults"]["delay"], 2);
}

TEST(UdpFaults, EchoesKeepTheRate)
{
    UdpEcho echo({"--rate", "100k"});
    const std::string text(5'000, 'x');
    const auto begin = steady_clock::now();
    for (int i = 0; i < 3; ++i)
        echo.send(text);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(echo.peer.receive() == text);
    EXPECT_GE(steady_clock::now() - begin, 90ms); // the first goes at once
}

TEST(UdpFaults, AfterSoManyBytesNothingIsSaidToThatPeer)
{
    UdpEcho echo({"--close-after", "8"});
    EXPECT_EQ(echo.ask("12345"), "12345");
    EXPECT_EQ(echo.ask("67890"), "678");
    echo.send("more");
    DatagramPeer other(Kind::Inet);
    other.send_to(Address(echo.server.endpoint()), "other");
    EXPECT_EQ(other.receive(), "other");
    EXPECT_FALSE(echo.peer.anything_within(0));
    EXPECT_EQ(last_of(echo.server)["faults"]["close_after"], 1);
}

TEST(UdpFaults, TheSameSeedGivesTheSameFaults)
{
    const auto faults_of_run = [] {
        UdpEcho echo({"--corrupt", "0.3", "--duplicate", "0.2", "--drop", "0.2", "--seed", "7"});
        for (int i = 0; i < 40; ++i)
            echo.send("0123456789");
        const DatagramPeer last(Kind::Inet); // what it is answered came after those
        do
            last.send_to(Address(echo.server.endpoint()), "marker");
        while (!last.anything_within(20));
        std::vector<json> faults;
        for (auto& record : records_of(echo.server))
            if (record["type"] == "fault" && record["id"] == 1)
                faults.push_back(record);
        return faults;
    };
    const auto first = faults_of_run();
    EXPECT_GT(first.size(), 10U);
    EXPECT_EQ(first, faults_of_run());
}

TEST(UdpFaults, NobodyIsServedWhereNobodyIsAccepted)
{
    UdpEcho echo({"--no-accept"});
    echo.send("hello");
    EXPECT_FALSE(echo.peer.anything_within(50));
    EXPECT_EQ(last_of(echo.server)["messages"], 0);
}

TEST(UdpFaults, DatagramsAreReadAtTheRate)
{
    UdpEcho echo({"--slow-read", "10k"});
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i)
        echo.send(std::string(500, 'x'));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(echo.peer.receive(), std::string(500, 'x'));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(90));
    EXPECT_EQ(last_of(echo.server)["messages"], 3);
}

TEST(UdpFaults, WhatIsNotReadInTimeIsDroppedAndCounted)
{
    UdpEcho echo({"--slow-read", "1", "--sockopt", "SO_RCVBUF=4k"});
    for (int i = 0; i < 100; ++i)
        echo.send(std::string(500, 'x'));
    EXPECT_EQ(echo.peer.receive(), std::string(500, 'x'));
    const auto summary = last_of(echo.server);
    EXPECT_EQ(summary["messages"], 1);
    EXPECT_GT(summary["dropped_datagrams"], 50);
}

TEST(UdpFaults, WhatWantsAConnectionIsAUsageError)
{
    for (const std::string option : {"--reset-after", "--half-close-after", "--max-conns"}) {
        const auto outcome = run({"echo", "server", "udp:127.0.0.1:0", option, "5"});
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.err,
                  "sockit: " + option + " wants connections: there are none over udp\n");
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
