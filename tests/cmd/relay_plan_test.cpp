#include "cmd/connect.h"
#include "cmd/listen.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Words = std::vector<std::string>;

std::string refusal(const auto& result)
{
    if (result)
        return "accepted";
    EXPECT_EQ(result.error().domain, Domain::Usage);
    return describe_error(result.error());
}

ConnectArgs connect_to(const Words& words)
{
    ConnectArgs args;
    args.words = words;
    return args;
}

ListenArgs listen_on(const Words& words)
{
    ListenArgs args;
    args.words = words;
    return args;
}

TEST(PlanConnect, ATargetAloneTakesTheDefaults)
{
    ConnectPlan expected;
    expected.target = *parse_target("127.0.0.1:80", Role::Client);
    EXPECT_EQ(plan_connect(connect_to({"127.0.0.1:80"})), expected);
    EXPECT_EQ(expected.timeout, seconds(10));
    EXPECT_TRUE(expected.relay.rules.half_close && expected.relay.rules.send &&
                expected.relay.rules.receive);
    EXPECT_EQ(plan_connect(connect_to({"127.0.0.1", "80"})), expected);
}

TEST(PlanConnect, FramingAndRetries)
{
    auto args = connect_to({"udp:127.0.0.1:53"});
    args.relay.datagram_size = "1k";
    args.retry = "3";
    args.retry_interval = "250ms";
    const auto plan = plan_connect(args);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->framing, (FramingPlan{.size = 1024, .per_line = false}));
    EXPECT_EQ(plan->retries, 3U);
    EXPECT_EQ(plan->retry_interval, milliseconds(250));
    args.relay.per_line = true;
    EXPECT_EQ(refusal(plan_connect(args)), "--datagram-size and --per-line exclude each other");
    args.relay.datagram_size.reset();
    EXPECT_TRUE(plan_connect(args)->framing.per_line);
    args.words = {"127.0.0.1:80"};
    EXPECT_EQ(refusal(plan_connect(args)),
              "--datagram-size and --per-line frame datagrams; tcp has none");
}

TEST(PlanConnect, EveryOptionArrives)
{
    auto args = connect_to({"unix:/run/x"});
    args.network.timeout = "2s";
    args.network.deadline = "1m";
    args.relay.no_half_close = true;
    args.relay.linger_after_eof = "250ms";
    args.relay.idle_timeout = "3";
    args.relay.out = "file";
    args.relay.raw = true;
    ConnectPlan expected;
    expected.target = *parse_target("unix:/run/x", Role::Client);
    expected.timeout = seconds(2);
    expected.deadline = seconds(60);
    expected.relay.rules = {.half_close = false, .linger = milliseconds(250)};
    expected.relay.idle_timeout = seconds(3);
    expected.payload = {.file = "file", .raw = true};
    EXPECT_EQ(plan_connect(args), expected);
}

TEST(PlanConnect, OneDirectionOnly)
{
    auto args = connect_to({"127.0.0.1:80"});
    args.relay.recv_only = true;
    EXPECT_EQ(plan_connect(args)->relay.rules, (RelayRules{.send = false}));
    args.relay.recv_only = false;
    args.relay.send_only = true;
    EXPECT_EQ(plan_connect(args)->relay.rules, (RelayRules{.receive = false}));
    args.relay.recv_only = true;
    EXPECT_EQ(refusal(plan_connect(args)), "--recv-only and --send-only exclude each other");
    args.relay.recv_only = false;
    args.relay.no_half_close = true;
    EXPECT_EQ(refusal(plan_connect(args)),
              "--no-half-close and --send-only exclude each other: the end of what is sent is all "
              "there is to tell");
}

TEST(PlanConnect, TheDialogueKeepsItsOrder)
{
    auto args = connect_to({"127.0.0.1:80"});
    args.network.timeout = "2s";
    args.relay.dialogue = {
        {"--expect", R"(login: )"}, {"--send", R"(root\n)"}, {"--expect-re", "[$#] "}};
    const DialoguePlan expected{
        .steps = {Pattern::literal("login: "), "root\n", *Pattern::regular("[$#] ", "x")},
        .patience = seconds(2)};
    EXPECT_EQ(plan_connect(args)->relay.dialogue, expected);
    EXPECT_TRUE(plan_connect(args)->relay.input_after_dialogue);
    args.relay.recv_only = true;
    EXPECT_FALSE(plan_connect(args)->relay.input_after_dialogue);
    args.relay.recv_only = false;
    args.relay.send_only = true;
    EXPECT_EQ(refusal(plan_connect(args)), "--send-only drops what --expect waits for");
    args.relay.dialogue = {{"--send", ""}};
    EXPECT_EQ(refusal(plan_connect(args)), "bad --send '': expected some text");
}

TEST(PlanConnect, HowItIsSent)
{
    auto args = connect_to({"127.0.0.1:80"});
    args.relay.rate = "10M/s";
    args.relay.line_delay = "50ms";
    args.relay.crlf = args.relay.hex = args.relay.copy = true;
    RelayPlan expected;
    expected.pace = {.rate = 10UL << 20U, .line_delay = milliseconds(50)};
    expected.crlf = expected.hex = expected.copy = true;
    EXPECT_EQ(plan_connect(args)->relay, expected);
    args.relay.rate = "0";
    EXPECT_NE(refusal(plan_connect(args)), "accepted");
}

TEST(PlanConnect, PayloadGoesIntoRecordsWhereStdoutCarriesThem)
{
    auto args = connect_to({"127.0.0.1:80"});
    args.output.jsonl = true;
    EXPECT_EQ(plan_connect(args)->payload, (PayloadPlan{.records = true}));
    args.output.jsonl = false;
    args.output.json = true;
    EXPECT_EQ(plan_connect(args)->payload, (PayloadPlan{.keep = 1UL << 20U}));
    args.relay.out = "file";
    EXPECT_EQ(plan_connect(args)->payload, (PayloadPlan{.file = "file"}));
}

TEST(PlanConnect, ACommandHasTheConnectionToItself)
{
    auto args = connect_to({"127.0.0.1:80"});
    args.child_words = Words{"cat", "-n"};
    EXPECT_EQ(plan_connect(args)->child, (ChildPlan{.words = {"cat", "-n"}}));
    args.relay.sh = "echo hello";
    EXPECT_EQ(refusal(plan_connect(args)), "--sh and -- CMD exclude each other");
    args.child_words.reset();
    EXPECT_EQ(plan_connect(args)->child, (ChildPlan{.words = {"/bin/sh", "-c", "echo hello"}}));
    args.relay.out = "file";
    EXPECT_EQ(refusal(plan_connect(args)),
              "--out does not go with a command, which has the connection to itself");
}

TEST(PlanConnect, BadWordsAreUsageErrors)
{
    EXPECT_EQ(refusal(plan_connect(connect_to({}))), "no target: expected HOST:PORT or unix:PATH");
    EXPECT_NE(refusal(plan_connect(connect_to({"127.0.0.1:0"}))), "accepted");
    EXPECT_NE(refusal(plan_connect(connect_to({"a", "1", "2"}))), "accepted");
    auto args = connect_to({"127.0.0.1:80"});
    args.relay.idle_timeout = "soon";
    EXPECT_NE(refusal(plan_connect(args)), "accepted");
    args = connect_to({"127.0.0.1:80"});
    args.network.timeout = "-1";
    EXPECT_NE(refusal(plan_connect(args)), "accepted");
}

TEST(PlanListen, EveryOptionArrives)
{
    auto args = listen_on({"127.0.0.1:0"});
    args.keep_open = true;
    args.accept_timeout = "5s";
    args.network.deadline = "1h";
    args.server.max_connections = "3";
    args.relay.idle_timeout = "10s";
    args.output.jsonl = true;
    ListenPlan expected;
    expected.listener.target = *parse_target("127.0.0.1:0", Role::Server);
    expected.listener.max_connections = 3;
    expected.keep_open = true;
    expected.accept_timeout = seconds(5);
    expected.deadline = std::chrono::hours(1);
    expected.relay.idle_timeout = seconds(10);
    expected.payload.records = true;
    EXPECT_EQ(plan_listen(args), expected);
}

TEST(PlanListen, KeepOpenReadsNoStdin)
{
    auto args = listen_on({"8080"});
    args.relay.send_only = true;
    EXPECT_TRUE(plan_listen(args));
    args.keep_open = true;
    EXPECT_EQ(refusal(plan_listen(args)), "--send-only wants a single connection: not with -k");
}

} // namespace

} // namespace sockit::THIS_FILE
