#include "datagram_peer.h"
#include "peer.h"
#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/second_host.h"

#include <csignal>

namespace sockit::test::THIS_FILE {

namespace {

using Kind = DatagramPeer::Kind;

std::string kind_name(const testing::TestParamInfo<Kind>& info)
{
    return info.param == Kind::Inet ? "V4" : info.param == Kind::Inet6 ? "V6" : "Unix";
}

class DatagramConnect : public testing::TestWithParam<Kind> {
protected:
    DatagramConnect() : m_peer(GetParam(), m_directory.path("peer")) {}

    [[nodiscard]] Words words(Words options) const
    {
        Words all{sockit_binary(), "connect"};
        all.insert(all.end(), options.begin(), options.end());
        all.push_back(m_peer.target());
        return all;
    }

    TemporaryDirectory m_directory;
    DatagramPeer m_peer;
};

INSTANTIATE_TEST_SUITE_P(Kinds, DatagramConnect,
                         testing::Values(Kind::Inet, Kind::Inet6, Kind::Unix), kind_name);

using DatagramConnectInet = DatagramConnect;
INSTANTIATE_TEST_SUITE_P(Kinds, DatagramConnectInet, testing::Values(Kind::Inet, Kind::Inet6),
                         kind_name);

TEST_P(DatagramConnect, TheAnswerGoesToStdout)
{
    Running client(words({"--linger-after-eof", "300ms"}), {.input = "question"});
    EXPECT_EQ(m_peer.receive(), "question");
    m_peer.answer("first ");
    m_peer.answer("second");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "first second");
}

TEST_P(DatagramConnect, SilenceIsNoSuccess)
{
    const auto outcome = run_program(words({"--linger-after-eof", "50ms"}), {.input = "anybody?"});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_EQ(m_peer.receive(), "anybody?");
    EXPECT_NE(outcome.err.find("no answer"), std::string::npos) << outcome;
}

TEST_P(DatagramConnect, SendOnlyNeedsNoAnswer)
{
    EXPECT_TRUE(exited(run_program(words({"--send-only"}), {.input = "for you"}), 0));
    EXPECT_EQ(m_peer.receive(), "for you");
}

TEST_P(DatagramConnect, TheFirstAnswerHasUntilTheTimeout)
{
    Running client(words({"--timeout", "100ms"}), {.input = "now", .keep_input_open = true});
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("--timeout"), std::string::npos) << outcome;
}

TEST_P(DatagramConnect, AfterTheFirstAnswerTheTimeoutIsNoLimit)
{
    Running client(words({"--timeout", "500ms", "--linger-after-eof", "10ms"}),
                   {.input = "now", .keep_input_open = true});
    m_peer.receive();
    m_peer.answer("yes");
    client.wait_for_output("yes");
    EXPECT_FALSE(m_peer.anything_within(700));
    client.close_input();
    EXPECT_TRUE(exited(client.wait(), 0));
}

TEST_P(DatagramConnect, DatagramsOfTheGivenSize)
{
    EXPECT_TRUE(exited(
        run_program(words({"--send-only", "--datagram-size", "4"}), {.input = "one.two.end"}), 0));
    EXPECT_EQ(m_peer.receive(), "one.");
    EXPECT_EQ(m_peer.receive(), "two.");
    EXPECT_EQ(m_peer.receive(), "end");
}

TEST_P(DatagramConnect, ALineEachAndAnEmptyOneIsADatagram)
{
    const auto outcome = run_program(words({"--send-only", "--per-line", "--json"}),
                                     {.input = "one\n\nlast without end"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(m_peer.receive(), "one");
    EXPECT_EQ(m_peer.receive(), "");
    EXPECT_EQ(m_peer.receive(), "last without end");
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_EQ(parse_document(outcome.out)["datagrams_sent"], 3);
    EXPECT_EQ(parse_document(outcome.out)["datagrams_received"], 0);
}

TEST_P(DatagramConnect, EachDatagramIsARecordTheEmptyOnesToo)
{
    Running client(words({"--jsonl", "--linger-after-eof", "100ms"}), {.input = "x"});
    m_peer.receive();
    m_peer.answer("a\xc3"); // the halves of a character stay where they are
    m_peer.answer("");
    m_peer.answer("b");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    std::vector<nlohmann::json> data;
    for (const auto& record : parse_lines(outcome.out))
        if (record["type"] == "data")
            data.push_back(record);
    ASSERT_EQ(data.size(), 3U) << outcome;
    EXPECT_EQ(data[0]["data_base64"], "YcM=");
    EXPECT_EQ(data[1]["data"], "");
    EXPECT_EQ(data[2]["data"], "b");
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["datagrams_received"], 3);
    EXPECT_EQ(summary["bytes_received"], 3);
}

TEST_P(DatagramConnect, AnEmptyAnswerIsAnAnswer)
{
    Running client(words({"-v", "--linger-after-eof", "100ms"}), {.input = "x"});
    m_peer.receive();
    m_peer.answer("");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_NE(outcome.err.find("an empty datagram from"), std::string::npos) << outcome;
}

TEST_P(DatagramConnect, WholeDatagramsBothWays)
{
    const std::size_t size = GetParam() == Kind::Inet    ? 65507
                             : GetParam() == Kind::Inet6 ? 65527
                                                         : 200000;
    const auto bytes = pattern(size);
    Running client(words({"--datagram-size", std::to_string(size), "--linger-after-eof", "100ms"}),
                   {.input = bytes});
    EXPECT_EQ(m_peer.receive(), bytes);
    m_peer.answer(bytes);
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out.size(), size);
    EXPECT_TRUE(outcome.out == bytes);
}

TEST_P(DatagramConnect, OneThatIsTooLargeIsNotCut)
{
    const std::string limit = GetParam() == Kind::Inet    ? "65507"
                              : GetParam() == Kind::Inet6 ? "65527"
                                                          : "(SO_SNDBUF)";
    const auto outcome = run_program(words({"--send-only", "--datagram-size", "256k"}),
                                     {.input = std::string(256UL * 1024, 'x')});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_NE(outcome.err.find("EMSGSIZE"), std::string::npos) << outcome;
    EXPECT_NE(outcome.err.find("262144"), std::string::npos) << outcome;
    EXPECT_NE(outcome.err.find(limit), std::string::npos) << outcome;
    EXPECT_FALSE(m_peer.anything_within(0));
}

TEST_P(DatagramConnect, ASignalEndsItWithItsSummary)
{
    Running client(words({"--recv-only", "--jsonl"}), {.keep_input_open = true});
    client.wait_for_output("connected");
    client.send_signal(SIGTERM);
    const auto outcome = client.wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out).back()["stopped_by"], "SIGTERM");
}

TEST_P(DatagramConnect, IdleForTooLong)
{
    Running client(words({"--recv-only", "--idle-timeout", "50ms"}), {});
    EXPECT_TRUE(exited(client.wait(), 3));
}

TEST_P(DatagramConnect, SaysAndExpects)
{
    Running client(words({"--send", "hello", "--expect", "welcome", "--send", "thanks", "--send",
                          "bye", "--expect-re", "gone|over"}),
                   {.keep_input_open = true});
    EXPECT_EQ(m_peer.receive(), "hello");
    EXPECT_FALSE(m_peer.anything_within(20));
    m_peer.answer("most ");
    m_peer.answer("welcome");
    EXPECT_EQ(m_peer.receive(), "thanks");
    EXPECT_EQ(m_peer.receive(), "bye");
    m_peer.answer("it is over");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "most welcomeit is over");
}

TEST_P(DatagramConnect, WhatWasExpectedDidNotCome)
{
    Running client(words({"--send", "hello", "--expect", "welcome", "--timeout", "100ms"}), {});
    m_peer.receive();
    m_peer.answer("go away");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_NE(outcome.err.find("what came: 'go away'"), std::string::npos) << outcome;
}

TEST_P(DatagramConnect, DumpsEachDatagram)
{
    Running client(words({"--hex", "--per-line", "--linger-after-eof", "100ms"}),
                   {.input = "ab\ncd\n"});
    m_peer.receive();
    m_peer.receive();
    m_peer.answer("xy");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_NE(outcome.err.find("> 00000000  61 62"), std::string::npos) << outcome;
    EXPECT_NE(outcome.err.find("> 00000002  63 64"), std::string::npos) << outcome;
    EXPECT_NE(outcome.err.find("< 00000000  78 79"), std::string::npos) << outcome;
}

TEST_P(DatagramConnect, PayloadOfJsonIsKept)
{
    Running client(words({"--json", "--linger-after-eof", "100ms"}), {.input = "x"});
    m_peer.receive();
    m_peer.answer("kept ");
    m_peer.answer("whole");
    const auto outcome = client.wait();
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_EQ(parse_document(outcome.out)["data"], "kept whole");
}

TEST_P(DatagramConnectInet, AClosedPortIsRefused)
{
    const auto target = m_peer.target();
    m_peer = DatagramPeer(Kind::Unix, m_directory.path("other"));
    for (const char* mode : {"--raw", "--send-only"}) {
        const auto outcome = run({"connect", target, "--json", mode}, {.input = "hello"});
        EXPECT_TRUE(exited(outcome, 8));
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
        const auto error = parse_document(outcome.out)["error"];
        EXPECT_EQ(error["code"], "ECONNREFUSED");
        EXPECT_EQ(error["icmp"]["name"], "port unreachable");
    }
}

TEST(DatagramClient, AUnixPathWithNobodyIsRefused)
{
    const TemporaryDirectory directory;
    EXPECT_TRUE(exited(run({"connect", "unix-dgram:" + directory.path("none")}), 8));
    {
        const DatagramPeer gone(Kind::Unix, directory.path("stale"));
    }
    EXPECT_TRUE(exited(run({"connect", "unix-dgram:" + directory.path("stale")}), 8));
    EXPECT_TRUE(exited(run({"connect", "unix-seqpacket:" + directory.path("stale")}), 8));
}

TEST(DatagramClient, AUnixPeerThatGoesAwayRefuses)
{
    const TemporaryDirectory directory;
    std::optional<DatagramPeer> peer(std::in_place, Kind::Unix, directory.path("peer"));
    Running client({sockit_binary(), "connect", peer->target()},
                   {.input = "a", .keep_input_open = true});
    peer->receive();
    peer.reset();
    client.write_input("b");
    EXPECT_TRUE(exited(client.wait(), 8));
}

TEST(DatagramClient, ADatagramThatWasCutIsToldWithItsSize)
{
    const TemporaryDirectory directory;
    DatagramPeer peer(Kind::Unix, directory.path("peer"));
    peer.widen(1 << 20);
    Running client({sockit_binary(), "connect", peer.target(), "--linger-after-eof", "100ms"},
                   {.input = "x"});
    peer.receive();
    peer.answer(std::string(300000, 'y'));
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, std::string(262144, 'y'));
    EXPECT_NE(outcome.err.find("a datagram of 300000 bytes"), std::string::npos) << outcome;
}

TEST(DatagramClient, WhatTheNetworkSaysIsUnreachable)
{
    fresh_network();
    const SecondHost host;
    if (!host.obstacle().empty())
        GTEST_SKIP() << host.obstacle();
    host.run({"sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"});
    run_here({"ip", "route", "add", "10.77.0.0/16", "via", "10.9.1.2"});
    const auto outcome = run({"connect", "udp:10.77.0.1:53", "--json"}, {.input = "hello"});
    EXPECT_TRUE(exited(outcome, 9));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto icmp = parse_document(outcome.out)["error"]["icmp"];
    EXPECT_EQ(icmp["from"], "10.9.1.2") << outcome;
    EXPECT_EQ(icmp["local"], false);
}

TEST(DatagramClient, AFarClosedPortIsRefusedByItsHost)
{
    fresh_network();
    const SecondHost host;
    if (!host.obstacle().empty())
        GTEST_SKIP() << host.obstacle();
    EXPECT_TRUE(exited(run({"connect", "udp:10.9.1.2:53"}, {.input = "hello"}), 8));
}

TEST(DatagramClient, TheFamilyOfANameIsTheUsersToChoose)
{
    DatagramPeer peer(Kind::Inet);
    const auto port = peer.local().port();
    EXPECT_TRUE(
        exited(run({"connect", "-4", "udp:localhost:" + port, "--send-only"}, {.input = "v4"}), 0));
    EXPECT_EQ(peer.receive(), "v4");
}

TEST(DatagramUsage, WhatNeedsAConnection)
{
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:9", "--", "cat"}), 2));
    EXPECT_TRUE(exited(run({"listen", "udp:127.0.0.1:0", "--", "cat"}), 2));
    EXPECT_TRUE(exited(run({"listen", "unix-dgram:/tmp/x", "--sh", "cat"}), 2));
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:9", "--no-half-close"}), 2));
    EXPECT_TRUE(exited(run({"connect", "127.0.0.1:9", "--per-line"}), 2));
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:9", "--crlf"}), 2));
    EXPECT_TRUE(exited(run({"connect", "unix-dgram:/x", "--rate", "1M"}), 2));
    EXPECT_TRUE(exited(run({"listen", "udp:127.0.0.1:0", "--send", "x"}), 2));
    EXPECT_TRUE(exited(run({"listen", "udp:127.0.0.1:0", "--proxy-protocol"}), 2));
    EXPECT_TRUE(exited(run({"listen", "-k", "udp:127.0.0.1:0", "--broadcast"}), 2));
    EXPECT_TRUE(exited(run({"listen", "-k", "unix-seqpacket:/x", "--tag"}), 2));
    EXPECT_TRUE(
        exited(run({"connect", "udp:127.0.0.1:9", "--per-line", "--datagram-size", "9"}), 2));
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:9", "--datagram-size", "0"}), 2));
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:9", "--datagram-size", "300k"}), 2));
}

} // namespace

} // namespace sockit::test::THIS_FILE
