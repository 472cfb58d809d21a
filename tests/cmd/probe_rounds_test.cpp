#include "cmd/probe.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using enum ProbeOutcome;

std::string refusal(const ProbeRoundsArgs& args)
{
    const auto plan = plan_probe_rounds(args);
    return plan ? "accepted" : describe_error(plan.error());
}

TEST(PlanProbeRounds, OneTryWhereNothingIsAsked)
{
    EXPECT_EQ(plan_probe_rounds({}), ProbeRoundsPlan());
}

TEST(PlanProbeRounds, CountAndInterval)
{
    ProbeRoundsPlan expected;
    expected.count = 5;
    EXPECT_EQ(plan_probe_rounds({.count = "5"}), expected);
    expected.interval = 200ms;
    EXPECT_EQ(plan_probe_rounds({.count = "5", .interval = "200ms"}), expected);
    expected.count = 0;
    EXPECT_EQ(plan_probe_rounds({.interval = "0.2"}), expected) << "until it is stopped";
    expected.interval = 0s;
    EXPECT_EQ(plan_probe_rounds({.count = "0", .interval = "0"}), expected);
}

TEST(PlanProbeRounds, Wait)
{
    ProbeRoundsPlan expected;
    expected.wait = 30s;
    expected.interval = 20ms;
    EXPECT_EQ(plan_probe_rounds({.wait = "30"}), expected);
    expected.interval = 1s;
    expected.wait_for_name = true;
    EXPECT_EQ(plan_probe_rounds({.interval = "1s", .wait = "30", .wait_dns = true}), expected);
}

TEST(PlanProbeRounds, BadWords)
{
    EXPECT_EQ(refusal({.count = "4294967296"}),
              "bad --count '4294967296': expected 0 to 4294967295");
    EXPECT_EQ(refusal({.count = "1", .wait = "1s"}), "--wait and --count exclude each other");
    EXPECT_EQ(refusal({.wait = "0"}), "bad --wait '0': expected more than nothing");
    EXPECT_EQ(refusal({.wait_dns = true}), "--wait-dns needs --wait");
    EXPECT_EQ(refusal({.interval = "soon"}).substr(0, 21), "bad --interval 'soon'");
}

ProbePlan waiting_plan(std::string_view wait_for = "open")
{
    ProbeArgs args;
    args.words = {"127.0.0.1:9"};
    args.want = wait_for;
    args.rounds.wait = "1s";
    return plan_probe(args).value();
}

ProbeEnd end_of(std::initializer_list<ProbeOutcome> failed, std::size_t ok = 0)
{
    ProbeEnd end;
    end.summary.ok = ok;
    for (const auto outcome : failed) {
        ++end.summary.failed;
        ++end.summary.outcomes[static_cast<std::size_t>(outcome)];
    }
    end.summary.total = ok + end.summary.failed;
    return end;
}

TEST(WaitStatus, NoAnswerWhateverItIsAtTheLimit)
{
    const auto plan = waiting_plan();
    for (const auto outcome : {Refused, Timeout, Reset, Denied, Mismatch, TlsError, Rejected})
        EXPECT_EQ(wait_status(end_of({outcome}), plan), ExitStatus::NoAnswer);
    EXPECT_EQ(wait_status(end_of({Refused, Timeout}, 3), plan), ExitStatus::NoAnswer);
    EXPECT_EQ(wait_status(end_of({Open}), waiting_plan("refused")), ExitStatus::NoAnswer);
    EXPECT_EQ(wait_status(end_of({}, 2), plan), ExitStatus::Done);
}

TEST(WaitStatus, WhatEndsTheWaitingKeepsItsOwn)
{
    auto plan = waiting_plan("unresolved,local-error");
    EXPECT_EQ(wait_status(end_of({Unresolved}), plan), ExitStatus::Unresolved);
    EXPECT_EQ(wait_status(end_of({LocalError}), plan), ExitStatus::Local);
    EXPECT_EQ(wait_status(end_of({LocalError, Unresolved}), plan), ExitStatus::No);
    EXPECT_EQ(wait_status(end_of({Refused, Unresolved}), plan), ExitStatus::No);
    plan.rounds.wait_for_name = true;
    EXPECT_EQ(wait_status(end_of({Unresolved}), plan), ExitStatus::NoAnswer);
}

TEST(WaitStatus, OneIsEnoughWithAny)
{
    auto plan = waiting_plan();
    plan.rounds.any = true;
    auto end = end_of({}, 1);
    end.summary.total = 3;
    end.summary.unfinished = 2;
    EXPECT_EQ(wait_status(end, plan), ExitStatus::Done);
    plan.rounds.any = false;
    EXPECT_EQ(wait_status(end, plan), ExitStatus::NoAnswer);
}

TEST(WaitReason, NamesTheWantedAndTheLast)
{
    ProbeResult last;
    last.target = "127.0.0.1:9";
    last.outcome = Refused;
    last.error = Error::from_errno(Phase::Connect, "connect", "127.0.0.1:9", ECONNREFUSED);
    EXPECT_EQ(describe_error(wait_reason(last, waiting_plan(), "open")),
              "waited 1.00 s for 127.0.0.1:9 to be open: it is refused, connect 127.0.0.1:9: "
              "Connection refused (ECONNREFUSED)");
    last.outcome = Unresolved;
    last.error = Error::from_resolver("nx", -2);
    EXPECT_EQ(describe_error(wait_reason(last, waiting_plan(), "open")),
              describe_error(*last.error));
}

TEST(ProbeReason, RepeatedProbesCountTries)
{
    auto end = end_of({Timeout, Timeout}, 3);
    end.summary.repeated = true;
    ProbeOutcomes want;
    want.set(static_cast<std::size_t>(Open));
    EXPECT_EQ(describe_error(probe_reason(end, want)), "2 of 5 tries failed: 2 timeout");
}

} // namespace
} // namespace sockit::THIS_FILE
