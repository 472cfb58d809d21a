#include "cmd/probe.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

std::string refusal(const ProbeArgs& args)
{
    const auto plan = plan_probe(args);
    return plan ? "accepted" : describe_error(plan.error());
}

ProbeOutcomes outcomes(std::initializer_list<ProbeOutcome> list)
{
    ProbeOutcomes set;
    for (const auto outcome : list)
        set.set(static_cast<std::size_t>(outcome));
    return set;
}

TEST(PlanProbe, Defaults)
{
    ProbePlan expected;
    expected.targets = parse_target_list(std::vector<std::string>{"localhost:22,80"}).value();
    expected.timeout = std::chrono::seconds(3);
    expected.want = outcomes({ProbeOutcome::Open});
    EXPECT_EQ(plan_probe({.words = {"localhost:22,80"}}), expected);
}

TEST(PlanProbe, AllOptions)
{
    ProbeArgs args;
    args.words = {"127.0.0.1", "80-81"};
    args.network.timeout = "250ms";
    args.network.deadline = "1m";
    args.network.source = "127.0.0.2";
    args.network.interface = "lo";
    args.network.v4 = true;
    args.network.sockopts = {"IP_TTL=3"};
    args.talk.settle = "0.5";
    args.parallel = "7";
    args.want = "refused,self-connect,open";

    ProbePlan expected;
    expected.targets = parse_target_list(args.words).value();
    expected.socket.family = AddressFamily::Inet;
    expected.socket.interface = "lo";
    expected.socket.source = *Endpoint::from_literal("127.0.0.2", 0);
    expected.socket.sockopts = {*parse_sockopt_setting("IP_TTL=3")};
    expected.timeout = std::chrono::milliseconds(250);
    expected.deadline = std::chrono::minutes(1);
    expected.talk.settle = std::chrono::milliseconds(500);
    expected.parallel = 7;
    expected.want =
        outcomes({ProbeOutcome::Open, ProbeOutcome::Refused, ProbeOutcome::SelfConnect});
    EXPECT_EQ(plan_probe(args), expected);
}

TEST(PlanProbe, BadWords)
{
    EXPECT_EQ(refusal({}), "no target: expected HOST:PORTS, [V6]:PORTS or unix:PATH");
    EXPECT_EQ(refusal({.words = {"a:1"}, .want = "open,"}), "bad --want '': no such outcome");
    EXPECT_EQ(refusal({.words = {"a:1"}, .want = "OPEN"}), "bad --want 'OPEN': no such outcome");
    EXPECT_EQ(refusal({.words = {"a:1"}, .want = "mute"}), "bad --want 'mute': no such outcome");
    EXPECT_EQ(refusal({.words = {"a:1"}, .parallel = "0"}),
              "bad --parallel '0': expected 1 to 1000000");
    EXPECT_EQ(refusal({.words = {"a:1"}, .talk = {.settle = "soon"}}).substr(0, 19),
              "bad --settle 'soon'");
    ProbeArgs none{.words = {"a:1"}};
    none.network.timeout = "0";
    EXPECT_EQ(refusal(none), "bad --timeout '0': expected more than nothing");
}

TEST(PlanProbe, EveryTransport)
{
    for (const char* word : {"mptcp:127.0.0.1:1", "unix:/a", "unix-dgram:/a", "vsock:2:5",
                             "udp:127.0.0.1:53", "tls:localhost:443"})
        EXPECT_TRUE(plan_probe({.words = {word}})) << word;
}

TEST(PlanProbe, SourceAndInterfaceWantInternetTargets)
{
    ProbeArgs args{.words = {"127.0.0.1:9", "unix:/a"}};
    EXPECT_TRUE(plan_probe(args));
    args.network.source = "127.0.0.1";
    EXPECT_EQ(refusal(args),
              "bad target 'unix:/a': --source and --interface are for internet targets");
}

struct StatusCase {
    std::vector<std::pair<ProbeOutcome, std::size_t>> seen;
    std::size_t unfinished;
    bool any;
    ExitStatus expected;
};

class ProbeStatus : public testing::TestWithParam<StatusCase> {};

TEST_P(ProbeStatus, IsWhatAllThatFailedShare)
{
    const auto& given = GetParam();
    const auto want = outcomes({ProbeOutcome::Open});
    ProbeEnd end;
    for (const auto& [outcome, count] : given.seen) {
        end.summary.outcomes[static_cast<std::size_t>(outcome)] = count;
        (contains(want, outcome) ? end.summary.ok : end.summary.failed) += count;
        end.summary.total += count;
    }
    end.summary.unfinished = given.unfinished;
    end.summary.total += given.unfinished;
    EXPECT_EQ(probe_status(end, want, given.any), given.expected);
}

using enum ProbeOutcome;

INSTANTIATE_TEST_SUITE_P(
    Table, ProbeStatus,
    testing::Values(StatusCase{{{Open, 3}}, 0, false, ExitStatus::Done},
                    StatusCase{{{Open, 1}, {Refused, 2}}, 0, false, ExitStatus::Refused},
                    StatusCase{{{SelfConnect, 1}, {Refused, 2}}, 0, false, ExitStatus::Refused},
                    StatusCase{
                        {{Unreachable, 1}, {Rejected, 2}}, 0, false, ExitStatus::Unreachable},
                    StatusCase{{{Refused, 1}, {Timeout, 1}}, 0, false, ExitStatus::No},
                    StatusCase{{{Denied, 1}}, 0, false, ExitStatus::Denied},
                    StatusCase{{{Timeout, 1}}, 0, false, ExitStatus::NoAnswer},
                    StatusCase{{{Timeout, 1}}, 5, false, ExitStatus::NoAnswer},
                    StatusCase{{{Refused, 1}}, 5, false, ExitStatus::No},
                    StatusCase{{{Reset, 1}}, 0, false, ExitStatus::Reset},
                    StatusCase{{{Unresolved, 1}}, 0, false, ExitStatus::Unresolved},
                    StatusCase{{{LocalError, 1}}, 0, false, ExitStatus::Local},
                    StatusCase{{{Open, 1}, {Refused, 2}, {Timeout, 1}}, 0, true, ExitStatus::Done},
                    StatusCase{{{Refused, 2}}, 0, true, ExitStatus::Refused}));

TEST(ProbeStatusOfOne, AnUnwantedSuccessIsNo)
{
    ProbeEnd end;
    end.summary.total = end.summary.failed = 1;
    end.summary.outcomes[static_cast<std::size_t>(Open)] = 1;
    EXPECT_EQ(probe_status(end, outcomes({Refused}), false), ExitStatus::No);
}

} // namespace
} // namespace sockit::THIS_FILE
