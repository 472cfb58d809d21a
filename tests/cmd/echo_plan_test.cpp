#include "cmd/echo_client.h"
#include "cmd/echo_server.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

Target target(std::string_view word, Role role) { return *parse_target(word, role); }

EchoClientArgs client(const std::string& word)
{
    EchoClientArgs args;
    args.words = {word};
    return args;
}

TEST(EchoClientPlan, WithoutLoadOptionsItIsLines)
{
    EchoClientPlan plan;
    plan.target = target("127.0.0.1:7", Role::Client);
    plan.timeout = 5s;
    EXPECT_EQ(plan_echo_client(client("127.0.0.1:7")), plan);
}

TEST(EchoClientPlan, AnyLoadOptionMakesALoadThatEnds)
{
    EchoClientPlan plan;
    plan.target = target("127.0.0.1:7", Role::Client);
    plan.load = EchoLoad{.count = 10'000, .duration = 10s};
    auto args = client("127.0.0.1:7");
    args.connections = "1";
    EXPECT_EQ(plan_echo_client(args), plan);

    args.connections = "5000";
    plan.load->connections = 5000;
    plan.load->count = 50'000;
    EXPECT_EQ(plan_echo_client(args), plan);

    args = client("127.0.0.1:7");
    args.size = "1k";
    plan.load =
        EchoLoad{.count = 10'000, .duration = 10s, .sizes = MessageSizes{.ranges = {{1024, 1024}}}};
    EXPECT_EQ(plan_echo_client(args), plan);
}

TEST(EchoClientPlan, CountOrDurationLiftTheUsualLimits)
{
    auto args = client("127.0.0.1:7");
    args.count = "5";
    EXPECT_EQ(plan_echo_client(args)->load, (EchoLoad{.count = 5}));
    args.duration = "1.5s";
    EXPECT_EQ(plan_echo_client(args)->load, (EchoLoad{.count = 5, .duration = 1500ms}));
    args.count = std::nullopt;
    EXPECT_EQ(plan_echo_client(args)->load, (EchoLoad{.duration = 1500ms}));
}

TEST(EchoClientPlan, TakesEveryOption)
{
    auto args = client("unix:/run/echo");
    args.connections = "3";
    args.count = "4";
    args.size = "64,1k-16k";
    args.seed = "9";
    args.warmup = "250ms";
    args.threads = "2";
    args.pipeline = "8";
    args.connect_rate = "100/s";
    args.interval = "500ms";
    args.no_verify = true;
    args.network.timeout = "1s";
    args.network.deadline = "1m";
    EchoClientPlan plan;
    plan.target = target("unix:/run/echo", Role::Client);
    plan.timeout = 1s;
    plan.deadline = 1min;
    plan.load = EchoLoad{.connections = 3,
                         .count = 4,
                         .sizes = MessageSizes{.ranges = {{64, 64}, {1024, 16384}}},
                         .seed = 9,
                         .verify = false,
                         .warmup = 250ms,
                         .threads = 2,
                         .pipeline = 8,
                         .connect_rate = 100,
                         .interval = 500ms,
                         .tell_intervals = true};
    EXPECT_EQ(plan_echo_client(args), plan);
    args.threads = "9"; // a thread without a connection would have nothing to do
    args.pipeline = std::nullopt;
    args.reconnect = true;
    plan.load->threads = 3;
    plan.load->pipeline = 1;
    plan.load->reconnect = true;
    EXPECT_EQ(plan_echo_client(args), plan);
    args.reconnect = false;
    args.rate = "1000/s";
    plan.load->reconnect = false;
    plan.load->rate = 1000;
    plan.load->pipeline = 1024;
    EXPECT_EQ(plan_echo_client(args), plan);
}

TEST(EchoClientPlan, RefusesWhatMakesNoSense)
{
    EXPECT_EQ(plan_echo_client({}).error().domain, Domain::Usage);
    EXPECT_EQ(plan_echo_client(client("127.0.0.1:0")).error().domain, Domain::Usage);
    auto args = client("127.0.0.1:7");
    args.warmup = "1s";
    EXPECT_EQ(plan_echo_client(args).error().domain, Domain::Usage);
    args.count = "1";
    EXPECT_TRUE(plan_echo_client(args));
    args.reconnect = true;
    args.pipeline = "2";
    EXPECT_EQ(plan_echo_client(args).error().domain, Domain::Usage);
    for (const char* rate : {"0", "-1", "2G", "x"}) {
        args = client("127.0.0.1:7");
        args.rate = rate;
        EXPECT_EQ(plan_echo_client(args).error().domain, Domain::Usage) << rate;
    }
    args = client("udp:127.0.0.1:7");
    args.size = "65507";
    EXPECT_TRUE(plan_echo_client(args));
    args.size = "1,65508";
    EXPECT_EQ(plan_echo_client(args).error().domain, Domain::Usage);
}

TEST(EchoClientPlan, SizesAreWholeOrUsageErrors)
{
    EXPECT_EQ(parse_sizes("64")->ranges, (std::vector<MessageSizes::Range>{{64, 64}}));
    EXPECT_EQ(parse_sizes("1-16M")->ranges, (std::vector<MessageSizes::Range>{{1, 16U << 20U}}));
    for (const char* bad : {"", "0", "-", "1-", "-1", "1-2-3", "5-4", ",", "64,", "17M", "6x"})
        EXPECT_FALSE(parse_sizes(bad)) << bad;
}

TEST(EchoServerPlan, TellsOfPeersOnlyWhenSomeoneReadsIt)
{
    EchoServerArgs args;
    args.words = {"127.0.0.1:0"};
    args.network.deadline = "2s";
    args.server.max_connections = "7";
    EchoServerPlan plan;
    plan.listener.target = target("127.0.0.1:0", Role::Server);
    plan.listener.max_connections = 7;
    plan.deadline = 2s;
    EXPECT_EQ(plan_echo_server(args, {}), plan);
    EXPECT_EQ(plan_echo_server(args, {.format = Format::Json}), plan);
    plan.tell_peers = true;
    EXPECT_EQ(plan_echo_server(args, {.format = Format::Jsonl}), plan);
    EXPECT_EQ(plan_echo_server(args, {.verbosity = 1}), plan);
}

TEST(EchoServerPlan, ServesWhateverHasConnections)
{
    EchoServerArgs args;
    for (const char* word : {"7", ":7", "[::1]:7", "unix:/run/x", "unix:@x", "mptcp:7",
                             "unix-seqpacket:@x", "vsock:1:7"}) {
        args.words = {word};
        EXPECT_TRUE(plan_echo_server(args, {})) << word;
    }
    args.words = {"tls:7"};
    EXPECT_EQ(plan_echo_server(args, {}).error().domain, Domain::Usage);
    args.tls.cert = "/c.pem";
    EXPECT_EQ(plan_echo_server(args, {})->tls->certificate, "/c.pem");
}

TEST(EchoServerPlan, ModesAndThreads)
{
    EchoServerArgs args;
    args.words = {"7"};
    args.threads = "3";
    args.mode = "chargen";
    args.network.timeout = "2s";
    const auto plan = plan_echo_server(args, {});
    EXPECT_EQ(plan->threads, 3U);
    EXPECT_EQ(plan->mode, EchoMode::Chargen);
    EXPECT_EQ(plan->patience, 2s);
    args.mode = "parrot";
    EXPECT_FALSE(plan_echo_server(args, {}));
    args.mode = "discard";
    args.faults.slow_read = "10k";
    EXPECT_EQ(plan_echo_server(args, {})->mode, EchoMode::Discard);
    args.faults.drop = "0.1";
    EXPECT_EQ(plan_echo_server(args, {}).error().domain, Domain::Usage);
    args = {};
    args.words = {"7"};
    args.threads = "0";
    EXPECT_FALSE(plan_echo_server(args, {}));
}

TEST(EchoServerPlan, FaultsAsTheyAreWritten)
{
    EchoFaultPlan plan;
    EXPECT_EQ(plan_echo_faults({}), plan);
    plan.seed = 9;
    plan.delay = 20ms;
    plan.jitter = 5ms;
    plan.rate = 102400;
    plan.slow_read = 1;
    plan.close_after = 0;
    plan.reset_after = 65536;
    plan.half_close_after = 7;
    plan.corrupt = 1;
    plan.drop = 0.25;
    plan.duplicate = 0.001;
    plan.accept_delay = 1s;
    plan.no_accept = true;
    EchoFaultArgs args{.seed = "9",
                       .delay = "20ms~5ms",
                       .rate = "100k",
                       .slow_read = "1/s",
                       .close_after = "0",
                       .reset_after = "64k",
                       .half_close_after = "7",
                       .corrupt = "1",
                       .drop = "0.25",
                       .duplicate = "0.001",
                       .reorder = "0",
                       .accept_delay = "1",
                       .no_accept = true};
    EXPECT_EQ(plan_echo_faults(args), plan);
    for (const char* bad : {"", "1.1", "-0.1", "nan", "inf", "1e-3", "0.5 ", "50%", "0x1"}) {
        args.corrupt = bad;
        EXPECT_FALSE(plan_echo_faults(args)) << bad;
    }
    args.corrupt.reset();
    for (const char* bad : {"", "~", "1s~", "~1s", "1s~2s", "25h", "1s~1s~1s", "-1s"}) {
        args.delay = bad;
        EXPECT_FALSE(plan_echo_faults(args)) << bad;
    }
}

TEST(EchoServerPlan, NobodyIsAcceptedFromAShortBacklog)
{
    EchoServerArgs args;
    args.words = {"7"};
    args.faults.no_accept = true;
    EXPECT_EQ(plan_echo_server(args, {})->listener.backlog, 1);
    args.server.backlog = "5";
    EXPECT_EQ(plan_echo_server(args, {})->listener.backlog, 5);
}

} // namespace
} // namespace sockit::THIS_FILE
