#include "service.h"
#include "support/schema.h"
#include "tool.h"

#include <csignal>

namespace sockit::test::THIS_FILE {

namespace {

using namespace std::string_literals;
using Kind = PeerListener::Kind;

const std::string v2_header =
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\xc0\0\2\x07\xc0\0\2\x08\0\x63\0\x64\4\0\0"s;

TEST(ProxyProtocolTaken, ThePeerItNamesIsThePeerAndNoPayloadIsLost)
{
    for (const auto& header : {"PROXY TCP4 192.0.2.7 192.0.2.8 99 100\r\n"s, v2_header}) {
        Server server({"listen", "--proxy-protocol", "--jsonl", "127.0.0.1:0"},
                      {.input = "to the peer"});
        auto peer = Peer::connect_to(server.endpoint());
        EXPECT_TRUE(peer.send(header + "payload"));
        EXPECT_EQ(peer.receive_all(), "to the peer");
        peer.close();
        const auto outcome = server->wait();
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_TRUE(valid_lines(outcome.out));
        const auto records = parse_lines(outcome.out);
        ASSERT_EQ(records.size(), 5U) << outcome;
        for (const auto* record : {&records[1], &records[3]}) {
            EXPECT_EQ((*record)["peer"]["address"], "192.0.2.7");
            EXPECT_EQ((*record)["peer"]["port"], 99);
            EXPECT_EQ((*record)["proxy"]["address"], "127.0.0.1");
        }
        EXPECT_EQ(records[2]["data"], "payload");
        EXPECT_EQ(records[3]["bytes_received"], 7);
    }
}

TEST(ProxyProtocolTaken, AByteAtATime)
{
    Server server({"listen", "--proxy-protocol", "127.0.0.1:0"});
    auto peer = Peer::connect_to(server.endpoint());
    for (const char c : v2_header + "payload")
        EXPECT_TRUE(peer.send(std::string(1, c)));
    peer.finish();
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "payload");
}

TEST(ProxyProtocolTaken, ChildrenGetThePeerAndTheWholePayload)
{
    Server server({"listen", "-k", "--proxy-protocol", "127.0.0.1:0", "--sh",
                   "echo $PROTO $TCPREMOTEIP $TCPREMOTEPORT; cat"},
                  {});
    const auto over = [&](const std::string& version) {
        return run({"connect", "--proxy-protocol", version, server.endpoint()}, {.input = "hi"});
    };
    EXPECT_EQ(over("v1=192.0.2.7:99").out, "TCP 192.0.2.7 99\nhi");
    EXPECT_EQ(over("v2=[2001:db8::7]:99").out, "TCP 2001:db8::7 99\nhi");
    EXPECT_TRUE(over("v2").out.starts_with("TCP 127.0.0.1 "));
}

TEST(ProxyProtocolTaken, OverUnixItMakesAnInternetPeer)
{
    const TemporaryDirectory directory;
    Server server({"listen", "--proxy-protocol", "unix:" + directory.path("socket"), "--sh",
                   "echo $PROTO $TCPREMOTEIP"});
    EXPECT_EQ(run({"connect", "--proxy-protocol", "v1=192.0.2.7", server.endpoint()}).out,
              "TCP 192.0.2.7\n");
}

TEST(ProxyProtocolTaken, LocalConnectionsOfTheProxyKeepTheirEnds)
{
    Server server({"listen", "--proxy-protocol", "--json", "127.0.0.1:0"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send("PROXY UNKNOWN\r\nx"));
    peer.finish();
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    const auto connection = parse_document(outcome.out)["connections"][0];
    EXPECT_EQ(connection["peer"]["address"], "127.0.0.1");
    EXPECT_FALSE(connection.contains("proxy"));
    EXPECT_EQ(connection["data"], "x");
}

TEST(ProxyProtocolTaken, AnotherProtocolEndsTheRunAndSaysWhatCame)
{
    for (const char* child : {"", "cat"}) {
        Words words{"listen", "--proxy-protocol", "127.0.0.1:0"};
        if (*child != '\0')
            words.insert(words.end(), {"--sh", child});
        Server server(words);
        auto peer = Peer::connect_to(server.endpoint());
        EXPECT_TRUE(peer.send("GET / HTTP/1.1\r\n"));
        const auto outcome = server->wait();
        EXPECT_TRUE(exited(outcome, 1));
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find("Protocol error (EPROTO): it began with 'GET / HTTP/1.1"),
                  std::string::npos)
            << outcome;
    }
}

TEST(ProxyProtocolTaken, HalfAHeaderIsExitStatusTen)
{
    Server server({"listen", "--proxy-protocol", "--json", "127.0.0.1:0"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send("PROXY TCP4 192.0"));
    peer.finish();
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(parse_document(outcome.out)["connections"][0]["error"]["code"], "ECONNABORTED");
}

TEST(ProxyProtocolTaken, ABadOrSilentPeerDoesNotHoldTheOthersUp)
{
    Server server({"listen", "-k", "--proxy-protocol", "--jsonl", "127.0.0.1:0"});
    auto silent = Peer::connect_to(server.endpoint());
    auto bad = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(bad.send("SSH-2.0\r\n"));
    EXPECT_TRUE(exited(
        run({"connect", "--proxy-protocol", "v1", server.endpoint()}, {.input = "good"}), 0));
    server->wait_for_output("\"id\":3,\"data\":\"good\"");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["accepted"], 3);
    EXPECT_EQ(summary["closed"], 3);
    EXPECT_EQ(summary["errors"], 1);
    EXPECT_EQ(summary["bytes_received"], 4);
}

TEST(ProxyProtocolTaken, ASilentPeerCostsTheTimeoutAndNoMore)
{
    Server one({"listen", "--proxy-protocol", "--timeout", "100ms", "127.0.0.1:0"});
    const auto silent = Peer::connect_to(one.endpoint());
    const auto outcome = one->wait();
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("(ETIMEDOUT): it did not come within --timeout"), std::string::npos)
        << outcome;

    Server many({"listen", "-k", "--proxy-protocol", "--timeout", "100ms", "--max-conns", "1",
                 "127.0.0.1:0"});
    const auto first = Peer::connect_to(many.endpoint());
    const auto second = run({"connect", "--proxy-protocol", "v1", many.endpoint()}, {.input = "x"});
    EXPECT_TRUE(exited(second, 0));
    many->wait_for_output("x");
    EXPECT_EQ(first.receive_all(), "");
}

TEST(ProxyProtocolTaken, CurlSpeaksIt)
{
    if (!has_program("curl"))
        GTEST_SKIP() << "no curl here";
    Server server({"listen", "--proxy-protocol", "127.0.0.1:0", "--sh",
                   "while read line && [ \"$line\" != \"$(printf '\\r')\" ]; do :; done; "
                   "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nyou are %s' \"$TCPREMOTEIP\""});
    const auto outcome = run_program({"curl", "-sS", "--noproxy", "*", "--haproxy-protocol",
                                      "http://" + server.endpoint() + "/"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "you are 127.0.0.1");
}

/// `sockit connect` from that address: what it got.
Outcome come_from(const std::string& source, const std::string& endpoint)
{
    return run({"connect", "--source", source, endpoint}, {.input = "x"});
}

TEST(Access, OnlyThoseAllowedGetIn)
{
    Server server({"listen", "-k", "--jsonl", "--max-conns", "1", "--allow", "127.0.0.0/30",
                   "--deny", "127.0.0.2", "127.0.0.1:0", "--sh", "cat"});
    EXPECT_EQ(come_from("127.0.0.1", server.endpoint()).out, "x");
    EXPECT_EQ(come_from("127.0.0.2", server.endpoint()).out, "");
    EXPECT_EQ(come_from("127.0.0.9", server.endpoint()).out, "");
    EXPECT_EQ(come_from("127.0.0.3", server.endpoint()).out, "x");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto records = parse_lines(outcome.out);
    EXPECT_EQ(records.back()["accepted"], 2);
    EXPECT_EQ(records.back()["denied"], 2);
    EXPECT_EQ(records.back()["errors"], 0);
    EXPECT_NE(outcome.err.find("--allow and --deny do not admit it"), std::string::npos) << outcome;
}

TEST(Access, ADeniedPeerDoesNotEndAListenForOne)
{
    Server server({"listen", "--deny", "127.0.0.2/32", "--json", "127.0.0.1:0"});
    EXPECT_EQ(come_from("127.0.0.2", server.endpoint()).out, "");
    EXPECT_TRUE(exited(come_from("127.0.0.1", server.endpoint()), 0));
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["summary"]["denied"], 1);
    EXPECT_EQ(document["connections"][0]["id"], 1);
}

TEST(Access, MappedPeersAreIpv4)
{
    Server server({"listen", "-k", "--allow", "127.0.0.1", "0", "--sh", "cat"});
    EXPECT_EQ(come_from("127.0.0.1", "127.0.0.1:" + server.port()).out, "x");
    EXPECT_EQ(come_from("::1", "[::1]:" + server.port()).out, "");
}

TEST(Access, BadRangesAreUsageErrors)
{
    for (const Words& words : {Words{"listen", "--allow", "10.0.0.0/33", "127.0.0.1:0"},
                               Words{"listen", "--deny", "name", "127.0.0.1:0"},
                               Words{"listen", "--allow", "::1", "unix:/tmp/x"}}) {
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "");
    }
}

} // namespace

} // namespace sockit::test::THIS_FILE
