#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/second_host.h"
#include "support/three_hosts.h"

#include <array>
#include <csignal>
#include <memory>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

struct Traced {
    Outcome process;
    json document;

    [[nodiscard]] const json& hops() const { return document["hops"]; }
    [[nodiscard]] const json& result() const { return document["results"][0]; }
};

/// `sockit probe --trace --json WORDS…`, its document checked against the schema.
Traced trace(Words words)
{
    words.insert(words.begin(), {"probe", "--trace", "--json"});
    Traced traced{.process = run(words), .document = {}};
    EXPECT_TRUE(valid_document(traced.process.out)) << traced.process;
    traced.document = parse_document(traced.process.out);
    return traced;
}

/// Who answered, hop by hop; "*" for nobody. The numbers of the hops must be in order.
Words way(const Traced& traced)
{
    Words way;
    for (const auto& hop : traced.hops()) {
        way.push_back(hop["from"].is_null() ? "*" : hop["from"].get<std::string>());
        EXPECT_EQ(hop["ttl"], way.size()) << traced.process;
    }
    return way;
}

/// A router that answers as often as it is asked.
class ProbeTrace : public testing::Test {
protected:
    static void SetUpTestSuite()
    {
        fresh_network();
        hosts = std::make_unique<ThreeHosts>();
        if (!hosts->obstacle().empty())
            return;
        const Words unlimited{"sysctl", "-qw", "net.ipv4.icmp_ratelimit=0",
                              "net.ipv6.icmp.ratelimit=0"};
        hosts->run_on_router(unlimited);
        hosts->run_on_server(unlimited);
    }
    static void TearDownTestSuite() { hosts.reset(); }
    void SetUp() override
    {
        if (!hosts->obstacle().empty())
            GTEST_SKIP() << hosts->obstacle();
    }

    static std::unique_ptr<ThreeHosts> hosts;
};

std::unique_ptr<ThreeHosts> ProbeTrace::hosts;

TEST_F(ProbeTrace, TheTargetItselfEndsTheWay)
{
    for (const auto& [target, router, server] :
         std::vector<std::array<std::string, 3>>{{"10.77.2.2:7001", "10.77.1.254", "10.77.2.2"},
                                                 {"[fd77:2::2]:7001", "fd77:1::fe", "fd77:2::2"}}) {
        const auto traced = trace({target});
        EXPECT_TRUE(exited(traced.process, 0));
        ASSERT_EQ(way(traced), (Words{router, server})) << traced.process;
        const json& first = traced.hops()[0];
        EXPECT_EQ(first["icmp"]["type"], router == "fd77:1::fe" ? 3 : 11) << traced.process;
        EXPECT_EQ(first["icmp"]["local"], false);
        EXPECT_GT(first["rtt_ns"], 0);
        EXPECT_FALSE(first.contains("outcome"));
        const json& last = traced.hops()[1];
        EXPECT_EQ(last["icmp"], nullptr) << traced.process;
        EXPECT_EQ(last["outcome"], "open");
        EXPECT_EQ(last["target"], target);
        EXPECT_EQ(traced.result()["outcome"], "open");
        EXPECT_EQ(traced.result()["endpoint"]["address"], server);
        EXPECT_GT(traced.result()["kernel_rtt_ns"], 0) << traced.process;
    }
}

TEST_F(ProbeTrace, ItsRefusalIsAnAnswer)
{
    const auto traced = trace({"10.77.2.2:7002"});
    EXPECT_TRUE(exited(traced.process, 8));
    EXPECT_EQ(way(traced), (Words{"10.77.1.254", "10.77.2.2"})) << traced.process;
    EXPECT_EQ(traced.hops()[1]["outcome"], "refused");
}

TEST_F(ProbeTrace, ARouterThatRejectsEndsTheWay)
{
    const auto traced = trace({"10.77.2.2:7030"});
    EXPECT_TRUE(exited(traced.process, 9));
    EXPECT_EQ(way(traced), (Words{"10.77.1.254", "10.77.1.254"})) << traced.process;
    EXPECT_EQ(traced.hops()[1]["outcome"], "rejected");
    EXPECT_EQ(traced.hops()[1]["icmp"]["code"], 13);
    EXPECT_EQ(traced.result()["error"]["icmp"]["from"], "10.77.1.254") << traced.process;
}

TEST_F(ProbeTrace, OurOwnRouteIsNoHop)
{
    const auto traced = trace({"10.77.8.2:80"});
    EXPECT_TRUE(exited(traced.process, 5));
    EXPECT_EQ(way(traced), Words{"*"});
    EXPECT_EQ(traced.hops()[0]["outcome"], "denied") << traced.process;
    EXPECT_EQ(traced.hops()[0]["rtt_ns"], nullptr) << traced.process;
}

TEST_F(ProbeTrace, SilenceLastsAsLongAsTheTimeout)
{
    const auto traced = trace({"10.77.2.2:7004", "--max-hops", "4", "--timeout", "400ms"});
    EXPECT_TRUE(exited(traced.process, 3));
    EXPECT_EQ(way(traced), (Words{"10.77.1.254", "*", "*", "*"})) << traced.process;
    EXPECT_EQ(traced.result()["outcome"], "timeout");
    EXPECT_EQ(traced.result()["endpoint"]["address"], "10.77.2.2") << traced.process;
    EXPECT_GE(traced.result()["phases"]["total_ns"], 400'000'000);
    EXPECT_LT(traced.result()["phases"]["total_ns"], 800'000'000);
}

TEST_F(ProbeTrace, TheLastHopEndsIt)
{
    const auto traced = trace({"10.77.2.2:7001", "--max-hops", "1", "--timeout", "20s"});
    EXPECT_TRUE(exited(traced.process, 3));
    EXPECT_EQ(way(traced), Words{"10.77.1.254"}) << traced.process;
    EXPECT_EQ(traced.result()["outcome"], "timeout") << traced.process;
    EXPECT_NE(traced.process.err.find("not reached within 1 hop"), std::string::npos)
        << traced.process;
}

TEST_F(ProbeTrace, AMuteRouterIsPassed)
{
    hosts->run_on_router({"nft", "-f", "-"},
                         "table ip mute { chain out { type filter hook output priority 0; icmp "
                         "type time-exceeded drop; }; }\n");
    const auto traced = trace({"10.77.2.2:7001", "--timeout", "20s"});
    hosts->run_on_router({"nft", "delete", "table", "ip", "mute"});
    EXPECT_TRUE(exited(traced.process, 0));
    EXPECT_EQ(way(traced), (Words{"*", "10.77.2.2"})) << traced.process;
    EXPECT_LT(traced.result()["phases"]["total_ns"], 2'000'000'000) << traced.process;
}

TEST_F(ProbeTrace, ALoopEndsAtTheLastHop)
{
    hosts->run_on_router({"ip", "route", "add", "10.77.5.0/24", "via", "10.77.2.2"});
    hosts->run_on_server({"sysctl", "-qw", "net.ipv4.ip_forward=1"});
    hosts->run_on_server({"ip", "route", "add", "10.77.5.0/24", "via", "10.77.2.254"});
    const auto traced = trace({"10.77.5.1:80", "--max-hops", "12", "--timeout", "20s"});
    hosts->run_on_server({"sysctl", "-qw", "net.ipv4.ip_forward=0"});
    EXPECT_TRUE(exited(traced.process, 3));
    const auto hops = way(traced);
    ASSERT_EQ(hops.size(), 12U) << traced.process;
    EXPECT_EQ(hops[1], "10.77.2.2");
    EXPECT_EQ(hops[11], "10.77.2.2");
    EXPECT_LT(traced.result()["phases"]["total_ns"], 10'000'000'000) << traced.process;
}

TEST_F(ProbeTrace, TargetsOneAfterTheOtherInLines)
{
    const auto outcome = run({"probe", "--trace", "--jsonl", "--label", "a=b", "10.77.2.2:7001",
                              "10.77.2.2:7002", "127.0.0.1:9"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    Words types;
    for (const auto& line : parse_lines(outcome.out))
        types.push_back(line["type"]);
    EXPECT_EQ(types, (Words{"start", "hop", "hop", "result", "hop", "hop", "result", "hop",
                            "result", "summary"}));
    EXPECT_EQ(parse_lines(outcome.out)[3]["labels"], json({{"a", "b"}}));
}

TEST_F(ProbeTrace, ForPeople)
{
    const auto outcome = run({"probe", "--trace", "10.77.2.2:7030"});
    EXPECT_TRUE(outcome.out.starts_with("10.77.2.2:7030:\n  1  10.77.1.254     ")) << outcome;
    EXPECT_NE(outcome.out.find("  rejected  ICMP 3/13: communication administratively prohibited\n"
                               "rejected     10.77.2.2:7030 "),
              std::string::npos)
        << outcome;
}

TEST_F(ProbeTrace, SignalsAndTheDeadlineLeaveASummary)
{
    Running tracing({sockit_binary(), "probe", "--trace", "--jsonl", "--timeout", "25s",
                     "10.77.2.2:7004", "10.77.2.2:7001"},
                    {});
    tracing.wait_for_output("\"ttl\":1,");
    tracing.send_signal(SIGINT);
    const auto stopped = tracing.wait();
    EXPECT_TRUE(died_by(stopped, SIGINT));
    EXPECT_TRUE(valid_lines(stopped.out)) << stopped;
    const auto summary = parse_lines(stopped.out).back();
    EXPECT_EQ(summary["unfinished"], 2) << stopped;
    EXPECT_EQ(summary["stopped_by"], "SIGINT") << stopped;

    const auto late = trace({"10.77.2.2:7004", "10.77.2.2:7001", "--timeout", "25s", "--deadline",
                             "200ms", "--max-hops", "3"});
    EXPECT_TRUE(exited(late.process, 3));
    EXPECT_EQ(late.document["results"].size(), 1U) << late.process;
    EXPECT_EQ(late.document["summary"]["unfinished"], 1) << late.process;
    EXPECT_EQ(late.document["summary"]["stopped_by"], "deadline") << late.process;
}

TEST(ProbeTraceNames, ANameThatDoesNotResolveHasNoWay)
{
    const auto traced = trace({"nobody.invalid:80"});
    EXPECT_TRUE(exited(traced.process, 4));
    EXPECT_FALSE(traced.document.contains("hops")) << traced.process;
    EXPECT_EQ(traced.result()["outcome"], "unresolved");
}

TEST(ProbeTraceNames, FewDescriptorsAreEnough)
{
    const auto outcome =
        run({"probe", "--trace", "--json", "127.0.0.1:9"}, {.limits = {{RLIMIT_NOFILE, 12}}});
    EXPECT_TRUE(exited(outcome, 8));
}

} // namespace
} // namespace sockit::test::THIS_FILE
