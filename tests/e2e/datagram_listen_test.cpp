#include "datagram_peer.h"
#include "peer.h"
#include "support/run.h"
#include "support/schema.h"

#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace sockit::test::THIS_FILE {

namespace {

using Kind = DatagramPeer::Kind;

std::string kind_name(const testing::TestParamInfo<Kind>& info)
{
    return info.param == Kind::Inet ? "V4" : info.param == Kind::Inet6 ? "V6" : "Unix";
}

class DatagramListen : public testing::TestWithParam<Kind> {
protected:
    [[nodiscard]] Words words(Words options) const
    {
        options.insert(options.begin(), "listen");
        options.push_back(GetParam() == Kind::Inet    ? "udp:127.0.0.1:0"
                          : GetParam() == Kind::Inet6 ? "udp:[::1]:0"
                                                      : "unix-dgram:" + path("server"));
        return options;
    }
    [[nodiscard]] DatagramPeer peer(const std::string& name) const
    {
        return DatagramPeer(GetParam(), path(name));
    }
    [[nodiscard]] std::string path(const std::string& name) const { return m_directory.path(name); }

private:
    TemporaryDirectory m_directory;
};

INSTANTIATE_TEST_SUITE_P(Kinds, DatagramListen,
                         testing::Values(Kind::Inet, Kind::Inet6, Kind::Unix), kind_name);

std::vector<nlohmann::json> of_type(const Outcome& outcome, const std::string& type)
{
    std::vector<nlohmann::json> found;
    for (const auto& record : parse_lines(outcome.out))
        if (record["type"] == type)
            found.push_back(record);
    return found;
}

Outcome stop(Server& server)
{
    server->send_signal(SIGTERM);
    auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    return outcome;
}

TEST_P(DatagramListen, SeveralPeersEachWithItsRecords)
{
    Server server(words({"--jsonl"}));
    const auto to = Address(server.endpoint());
    const auto first = peer("first");
    const auto second = peer("second");
    first.send_to(to, "from the first");
    second.send_to(to, "from the second");
    second.send_to(to, "");
    first.send_to(to, "last");
    server->wait_for_output("last");
    const auto outcome = stop(server);
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    const auto accepted = of_type(outcome, "accept");
    ASSERT_EQ(accepted.size(), 2U) << outcome;
    EXPECT_EQ(accepted[0]["id"], 1);
    EXPECT_EQ(accepted[1]["id"], 2);
    const auto data = of_type(outcome, "data");
    ASSERT_EQ(data.size(), 4U) << outcome;
    EXPECT_EQ(data[1]["id"], 2);
    EXPECT_EQ(data[2]["id"], 2);
    EXPECT_EQ(data[2]["data"], "");
    EXPECT_EQ(data[3]["id"], 1);
    const auto closed = of_type(outcome, "close");
    ASSERT_EQ(closed.size(), 2U) << outcome;
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["accepted"], 2);
    EXPECT_EQ(summary["closed"], 2);
    EXPECT_EQ(summary["datagrams_received"], 4);
    EXPECT_EQ(summary["bytes_received"], 33);
    EXPECT_EQ(summary["stopped_by"], "SIGTERM");
}

TEST_P(DatagramListen, StdinGoesToWhoSpokeLast)
{
    Server server(words({"--per-line"}), {.input = "early\n", .keep_input_open = true});
    const auto to = Address(server.endpoint());
    auto first = peer("first");
    auto second = peer("second");
    first.send_to(to, "1");
    EXPECT_EQ(first.receive(), "early"); // it waited for somebody to speak
    second.send_to(to, "2");
    server->wait_for_output("12");
    server->write_input("to the second\n\n");
    EXPECT_EQ(second.receive(), "to the second");
    EXPECT_EQ(second.receive(), "");
    first.send_to(to, "3");
    server->wait_for_output("123");
    server->write_input("to the first\n");
    server->close_input();
    EXPECT_EQ(first.receive(), "to the first");
    second.send_to(to, "4"); // the end of stdin is not its end
    server->wait_for_output("1234");
    stop(server);
}

TEST_P(DatagramListen, NobodyCame)
{
    const auto outcome = run(words({"--accept-timeout", "20ms", "--jsonl"}));
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out).back()["datagrams_received"], 0);
}

TEST_P(DatagramListen, IdleForTooLong)
{
    Server server(words({"--idle-timeout", "100ms"}));
    const auto visitor = peer("visitor");
    visitor.send_to(Address(server.endpoint()), "hello");
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_EQ(outcome.out, "hello");
}

TEST_P(DatagramListen, KeptOpenAnIdlePeerLeavesAndTheOthersStay)
{
    Server server(words({"-k", "--jsonl", "--idle-timeout", "50ms"}));
    const auto to = Address(server.endpoint());
    const auto visitor = peer("visitor");
    visitor.send_to(to, "hello");
    server->wait_for_output("\"close\"");
    visitor.send_to(to, "again");
    server->wait_for_output("again");
    const auto outcome = stop(server);
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(of_type(outcome, "accept").size(), 2U);
}

TEST_P(DatagramListen, TheDeadlineIsAGoodEnd)
{
    EXPECT_TRUE(exited(run(words({"--deadline", "20ms"})), 0));
}

TEST_P(DatagramListen, SendOnlyEndsWhenAllIsSent)
{
    Server server(words({"--send-only"}), {.input = "all there is"});
    auto visitor = peer("visitor");
    visitor.send_to(Address(server.endpoint()), "dropped");
    EXPECT_EQ(visitor.receive(), "all there is");
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "");
}

TEST_P(DatagramListen, ReceiveOnlyReadsNoInput)
{
    Server server(words({"--recv-only"}), {.input = "unread"});
    auto visitor = peer("visitor");
    visitor.send_to(Address(server.endpoint()), "hello");
    server->wait_for_output("hello");
    EXPECT_FALSE(visitor.anything_within(50));
    stop(server);
}

TEST_P(DatagramListen, RemembersNoMoreThanItMay)
{
    Server server(words({"--jsonl", "--max-conns", "2"}));
    const auto to = Address(server.endpoint());
    const auto first = peer("first");
    const auto second = peer("second");
    const auto third = peer("third");
    first.send_to(to, "1");
    second.send_to(to, "2");
    first.send_to(to, "1");
    third.send_to(to, "3");
    server->wait_for_output("\"close\"");
    const auto outcome = stop(server);
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    const auto closed = of_type(outcome, "close");
    ASSERT_EQ(closed.size(), 3U) << outcome;
    EXPECT_EQ(closed[0]["id"], 2); // who was silent for longest
    EXPECT_EQ(closed[0]["bytes_received"], 1);
}

TEST_P(DatagramListen, PayloadOfJsonIsKeptByPeer)
{
    Server server(words({"--json", "--idle-timeout", "100ms"}));
    const auto to = Address(server.endpoint());
    const auto first = peer("first");
    const auto second = peer("second");
    first.send_to(to, "1");
    second.send_to(to, "2");
    first.send_to(to, "3");
    second.send_to(to, "");
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto peers = parse_document(outcome.out)["connections"];
    ASSERT_EQ(peers.size(), 2U) << outcome;
    EXPECT_EQ(peers[0]["data"], "13");
    EXPECT_EQ(peers[1]["data"], "2");
    EXPECT_EQ(peers[1]["datagrams_received"], 2);
}

TEST_P(DatagramListen, Discards)
{
    Server server(words({"-k", "--discard", "--jsonl"}));
    const auto visitor = peer("visitor");
    visitor.send_to(Address(server.endpoint()), "nobody reads this");
    server->wait_for_output("accept");
    const auto outcome = stop(server);
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(of_type(outcome, "data").size(), 0U) << outcome;
    EXPECT_EQ(parse_lines(outcome.out).back()["bytes_received"], 17);
}

TEST_P(DatagramListen, ToAFile)
{
    const auto file = path("out");
    Server server(words({"--out", file, "--idle-timeout", "100ms"}));
    const auto visitor = peer("visitor");
    visitor.send_to(Address(server.endpoint()), "for the file");
    EXPECT_TRUE(exited(server->wait(), 3));
    EXPECT_EQ(read_file(file), "for the file");
}

TEST_P(DatagramListen, AFullOutputEndsIt)
{
    const Fd device(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Server server(words({}), {.fds = {{1, device.ref()}}});
    const auto visitor = peer("visitor");
    visitor.send_to(Address(server.endpoint()), "nowhere to go");
    EXPECT_TRUE(exited(server->wait(), 6));
}

TEST(DatagramServer, AnswersFromTheAddressThatWasAsked)
{
    for (const char* address : {"udp:0", "udp:0.0.0.0:0"}) {
        Server server({"listen", address, "--per-line", "--jsonl"}, {.input = "answer\n"});
        DatagramPeer visitor(Kind::Inet);
        const auto asked = Address("127.0.0.2:" + server.port());
        visitor.send_to(asked, "question");
        EXPECT_EQ(visitor.receive(), "answer");
        EXPECT_EQ(visitor.last().text(), asked.text());
        const auto outcome = stop(server);
        EXPECT_EQ(of_type(outcome, "accept").at(0)["local"]["address"], "127.0.0.2") << outcome;
        EXPECT_EQ(of_type(outcome, "accept").at(0)["peer"]["address"], "127.0.0.1") << outcome;
    }
}

TEST(DatagramServer, WhoIsNotAdmittedIsDroppedAndCounted)
{
    Server server({"listen", "udp:0", "--deny", "127.0.0.0/8", "--jsonl"});
    const DatagramPeer denied(Kind::Inet);
    const DatagramPeer admitted(Kind::Inet6);
    denied.send_to(Address("127.0.0.1:" + server.port()), "one");
    denied.send_to(Address("127.0.0.1:" + server.port()), "two");
    admitted.send_to(Address("[::1]:" + server.port()), "three");
    server->wait_for_output("three");
    const auto outcome = stop(server);
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(of_type(outcome, "accept").size(), 1U);
    EXPECT_EQ(of_type(outcome, "warning").size(), 1U);
    EXPECT_EQ(parse_lines(outcome.out).back()["denied"], 2);
}

TEST(DatagramServer, BothFamiliesOnABarePort)
{
    Server server({"listen", "udp:0", "--per-line"}, {.input = "answer\n"});
    DatagramPeer visitor(Kind::Inet6);
    const auto asked = Address("[::1]:" + server.port());
    visitor.send_to(asked, "question");
    EXPECT_EQ(visitor.receive(), "answer");
    EXPECT_EQ(visitor.last().text(), asked.text());
    stop(server);
}

TEST(DatagramServer, ThePortIsNotShared)
{
    Server server({"listen", "udp:127.0.0.1:0"});
    EXPECT_TRUE(exited(run({"listen", "udp:" + server.endpoint()}), 6));
}

TEST(DatagramServer, WhatTheKernelDroppedIsTold)
{
    Server server({"listen", "udp:127.0.0.1:0", "--sockopt", "SO_RCVBUF=4k"});
    const auto to = Address(server.endpoint());
    const DatagramPeer visitor(Kind::Inet);
    server->send_signal(SIGSTOP);
    for (int i = 0; i < 1000; ++i)
        visitor.send_to(to, "one of many");
    server->send_signal(SIGCONT);
    server->wait_for_output("one");
    const auto outcome = stop(server);
    EXPECT_NE(outcome.err.find("the kernel dropped"), std::string::npos) << outcome;
}

TEST(DatagramServer, TenThousandAndNoneIsLost)
{
    const TemporaryDirectory directory;
    const auto target = "unix-dgram:" + directory.path("server");
    Server server({"listen", target, "--jsonl", "--out", directory.path("out")});
    std::string lines;
    std::string bytes;
    for (int i = 0; i < 10000; ++i) {
        bytes += std::to_string(i);
        lines += std::to_string(i) + "\n";
    }
    const auto client =
        run({"connect", target, "--per-line", "--send-only", "--json"}, {.input = lines});
    EXPECT_TRUE(exited(client, 0));
    EXPECT_EQ(parse_document(client.out)["datagrams_sent"], 10000);
    const auto outcome = stop(server);
    EXPECT_EQ(parse_lines(outcome.out).back()["datagrams_received"], 10000) << outcome;
    EXPECT_EQ(read_file(directory.path("out")), bytes);
}

TEST(DatagramServer, AUnixPeerWithoutANameCannotBeAnswered)
{
    const TemporaryDirectory directory;
    Server server({"listen", "unix-dgram:" + directory.path("server"), "--jsonl"},
                  {.input = "answer"});
    const auto to = Address(server.endpoint());
    const Fd unnamed(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::sendto(unnamed.get(), "x", 1, 0, to.data(), to.size()), 1);
    server->wait_for_output("\"data\"");
    DatagramPeer named(Kind::Unix, directory.path("named"));
    named.send_to(to, "y");
    EXPECT_EQ(named.receive(), "answer");
    const auto outcome = stop(server);
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(of_type(outcome, "accept").at(0)["peer"], nlohmann::json({{"family", "unix"}}));
}

class UnixPaths : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Schemes, UnixPaths, testing::Values("unix-dgram:", "unix-seqpacket:"),
                         [](const auto& scheme) {
                             return std::string(scheme.param) == "unix-dgram:" ? "Dgram"
                                                                               : "Seqpacket";
                         });

bool exists(const std::string& path)
{
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

TEST_P(UnixPaths, StaleReplacedLiveRefusedOwnRemoved)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    const auto target = GetParam() + path;
    {
        const Fd stale(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const Address name("unix:" + path);
        ASSERT_EQ(::bind(stale.get(), name.data(), name.size()), 0);
    }
    Server server({"listen", target});
    EXPECT_TRUE(exited(run({"listen", target}), 6));
    EXPECT_TRUE(exists(path));
    stop(server);
    EXPECT_FALSE(exists(path));
    write_file(path, "not a socket");
    EXPECT_TRUE(exited(run({"listen", target}), 6));
    EXPECT_EQ(read_file(path), "not a socket");
}

} // namespace

} // namespace sockit::test::THIS_FILE
