#include "op/probe_rounds.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using enum ProbeOutcome;

ProbePlan plan_of(std::optional<std::uint64_t> count, Duration interval)
{
    ProbePlan plan;
    plan.rounds.count = count;
    plan.rounds.interval = interval;
    plan.want.set(static_cast<std::size_t>(Open));
    return plan;
}

ProbePlan waiting_plan()
{
    auto plan = plan_of(std::nullopt, 20ms);
    plan.rounds.wait = 1min;
    return plan;
}

ProbeResult result(ProbeOutcome outcome, std::uint32_t attempt = 1)
{
    ProbeResult made;
    made.target = "a:1";
    made.outcome = outcome;
    made.attempt = attempt;
    made.ok = outcome == Open;
    return made;
}

ProbeResult answered(ProbeOutcome outcome, Duration connect, std::uint32_t retransmits = 0)
{
    auto made = result(outcome);
    made.phases.connect = connect;
    made.kernel_rtt = connect / 2;
    made.syn_retransmits = retransmits;
    return made;
}

/// What a tally says of those results of one target.
ProbeStatistics statistics_of(const std::vector<ProbeResult>& results)
{
    const auto plan = plan_of(0, 1s);
    ProbeTally tally(plan);
    ProbeStatistics found;
    std::uint32_t attempt = 0;
    for (const auto& each : results) {
        tally.begun(0, ++attempt);
        tally.after(0, each);
    }
    ProbeSummary summary;
    summary.total = 1;
    tally.finish(
        [&](const Event& event) {
            found = *event.get_if<ProbeStatistics>();
            return true;
        },
        summary);
    return found;
}

TEST(ProbeTally, WhatIsLostHasNoLatency)
{
    const auto found = statistics_of({answered(Open, 10ms), answered(Open, 1010ms, 1),
                                      result(Timeout), result(Silent), result(Unreachable),
                                      answered(Refused, 20ms), answered(Refused, 1020ms, 1)});
    EXPECT_EQ(found.target, "a:1");
    EXPECT_EQ(found.sent, 7U);
    EXPECT_EQ(found.open, 2U);
    EXPECT_EQ(found.lost, 5U);
    EXPECT_EQ(found.connect.count(), 2U);
    EXPECT_EQ(found.connect.max(), 20ms);
    EXPECT_EQ(found.kernel_rtt.max(), 10ms);
}

TEST(ProbeTally, WhatTheTargetDidNotAnswerIsNeitherLostNorALatency)
{
    auto rejected = answered(Rejected, 5ms);
    rejected.kernel_rtt.reset();
    const auto found = statistics_of({rejected, result(LocalError), result(Denied)});
    EXPECT_EQ(found.sent, 3U);
    EXPECT_EQ(found.lost, 0U);
    EXPECT_EQ(found.connect.count(), 0U);
}

TEST(ProbeTally, ADatagramsAnswerIsItsFirstByte)
{
    auto reply = result(Open);
    reply.transport = Transport::Udp;
    reply.phases.connect = 1us;
    reply.phases.first_byte = 30ms;
    EXPECT_EQ(statistics_of({reply}).connect.max(), 30ms);
}

TEST(ProbeTally, TriesAreDueOnAGridWhateverBecomesOfThem)
{
    const auto plan = plan_of(3, 1h);
    ProbeTally tally(plan);
    const auto first = tally.begun(0, 1);
    ASSERT_TRUE(first);
    EXPECT_FALSE(tally.after(0, result(Open)).again);
    const auto second = tally.begun(0, 2);
    ASSERT_TRUE(second);
    EXPECT_EQ(*second - *first, 1h);
    EXPECT_FALSE(tally.begun(0, 3));
}

TEST(ProbeTally, MissedPointsOfTheGridAreNotMadeUpFor)
{
    const auto plan = plan_of(0, 1ns);
    ProbeTally tally(plan);
    const auto before = Clock::now();
    for (std::uint32_t attempt = 1; attempt < 4; ++attempt)
        EXPECT_GE(*tally.begun(0, attempt), before);
}

TEST(ProbeTally, BackToBackIsAfterTheEndOfTheLast)
{
    const auto plan = plan_of(2, 0s);
    ProbeTally tally(plan);
    EXPECT_FALSE(tally.begun(0, 1));
    EXPECT_TRUE(tally.after(0, result(Timeout, 1)).again);
    EXPECT_FALSE(tally.after(0, result(Timeout, 2)).again);
    EXPECT_EQ(tally.most_at_once(5), 5U);
}

TEST(ProbeTally, RoomForAllTriesThatMayOverlap)
{
    auto plan = plan_of(0, 1s);
    plan.timeout = 3s;
    EXPECT_EQ(ProbeTally(plan).most_at_once(2), 10U);
    plan.rounds.count = 2;
    EXPECT_EQ(ProbeTally(plan).most_at_once(2), 4U);
}

TEST(ProbeTally, ACutTryCountsOnlyWhereThereIsNoOther)
{
    const auto plan = plan_of(0, 1s);
    ProbeTally tally(plan);
    EXPECT_TRUE(tally.cut(0, result(Timeout)).tell);
    EXPECT_FALSE(tally.cut(0, result(Timeout)).tell);
    tally.after(1, result(Open));
    EXPECT_FALSE(tally.cut(1, result(Timeout)).tell);
}

TEST(ProbeTally, TheSummaryCountsTries)
{
    const auto plan = plan_of(0, 1s);
    ProbeTally tally(plan);
    for (int i = 0; i < 3; ++i)
        tally.after(0, result(Open));
    ProbeSummary summary;
    summary.total = 2; // the other target never had a turn
    summary.ok = 3;
    tally.finish([](const Event&) { return true; }, summary);
    EXPECT_EQ(summary.total, 4U);
    EXPECT_TRUE(summary.repeated);
}

TEST(ProbeWaiting, PausesGrowToTheInterval)
{
    const auto plan = waiting_plan();
    ProbeWaiting waiting(plan);
    Duration last{};
    for (std::uint32_t attempt = 1; attempt < 10; ++attempt) {
        waiting.begun(0, attempt);
        auto refused = result(Refused, attempt);
        const auto before = Clock::now();
        const auto next = waiting.after(0, refused);
        EXPECT_FALSE(next.tell);
        ASSERT_TRUE(next.again);
        const auto pause = *next.again - before;
        EXPECT_GE(pause, std::min<Duration>(1ms * (1 << (attempt - 1)), 20ms));
        EXPECT_GE(pause + 1ms, last);
        last = pause;
    }
}

TEST(ProbeWaiting, ManyTargetsAreAskedLessOften)
{
    auto plan = waiting_plan();
    plan.targets = parse_target_list(std::vector<std::string>{"a:1-200"}).value();
    ProbeWaiting waiting(plan);
    ProbeNext next;
    const auto before = Clock::now();
    for (std::uint32_t attempt = 1; attempt < 10; ++attempt) {
        waiting.begun(0, attempt);
        auto refused = result(Refused, attempt);
        next = waiting.after(0, refused);
    }
    EXPECT_GE(*next.again - before, 200ms);
}

TEST(ProbeWaiting, OneResultWithTheNumberOfTries)
{
    const auto plan = waiting_plan();
    ProbeWaiting waiting(plan);
    for (std::uint32_t attempt = 1; attempt <= 3; ++attempt)
        waiting.begun(0, attempt);
    auto second = result(Open, 2);
    const auto next = waiting.after(0, second);
    EXPECT_TRUE(next.tell);
    EXPECT_TRUE(next.over);
    EXPECT_FALSE(next.again);
    EXPECT_EQ(second.attempt, 3U);
    EXPECT_TRUE(waiting.vain().empty());
    auto straggler = result(Timeout, 1);
    EXPECT_FALSE(waiting.after(0, straggler).tell);
}

TEST(ProbeWaiting, WhatSaysNothingOfTheTargetEndsItAndIsNeverWanted)
{
    auto plan = waiting_plan();
    plan.want.set(); // whatever it is
    for (const auto outcome : {Unresolved, LocalError}) {
        ProbeWaiting waiting(plan);
        waiting.begun(0, 1);
        auto found = result(outcome);
        found.ok = true;
        EXPECT_TRUE(waiting.after(0, found).over);
        EXPECT_FALSE(found.ok);
    }
    plan.rounds.wait_for_name = true;
    ProbeWaiting waiting(plan);
    waiting.begun(0, 1);
    auto found = result(Unresolved);
    found.error = Error::from_resolver("a", -2);
    found.ok = true;
    const auto next = waiting.after(0, found);
    EXPECT_FALSE(next.over);
    EXPECT_TRUE(next.again);
    EXPECT_TRUE(next.ask_name);
}

TEST(ProbeWaiting, TheLastVerdictIsThatOfTheLatestTry)
{
    const auto plan = waiting_plan();
    ProbeWaiting waiting(plan);
    waiting.begun(3, 1);
    waiting.begun(3, 2);
    auto newer = result(Refused, 2);
    auto older = result(Timeout, 1); // ended later
    waiting.after(3, newer);
    waiting.after(3, older);
    waiting.cut(3, result(Timeout, 3));
    const auto vain = waiting.vain();
    ASSERT_EQ(vain.size(), 1U);
    EXPECT_EQ(vain[0].outcome, Refused);
    EXPECT_EQ(vain[0].attempt, 2U);
    EXPECT_FALSE(vain[0].ok);
}

TEST(ProbeWaiting, ACutTryIsBetterThanNothing)
{
    const auto plan = waiting_plan();
    ProbeWaiting waiting(plan);
    waiting.begun(0, 1);
    auto cut = result(Timeout);
    cut.ok = true; // --want timeout: but nobody knows yet
    waiting.cut(0, cut);
    ASSERT_EQ(waiting.vain().size(), 1U);
    EXPECT_FALSE(waiting.vain()[0].ok);
}

TEST(ProbeWaiting, OneIsEnoughWhereAnyWillDo)
{
    auto plan = waiting_plan();
    for (const bool any : {false, true}) {
        plan.rounds.any = any;
        ProbeWaiting waiting(plan);
        waiting.begun(0, 1);
        auto found = result(Open);
        waiting.after(0, found);
        EXPECT_EQ(waiting.enough(), any);
    }
}

TEST(ProbeWaiting, NobodyStaysForASecondSynUnlessSilenceIsWanted)
{
    auto plan = waiting_plan();
    plan.timeout = 3s;
    EXPECT_EQ(connect_limit(plan), 1s);
    plan.timeout = 300ms;
    EXPECT_EQ(connect_limit(plan), 300ms);
    plan.timeout = 3s;
    plan.want.set(static_cast<std::size_t>(Timeout));
    EXPECT_EQ(connect_limit(plan), 3s);
    EXPECT_EQ(connect_limit(plan_of(0, 1s)), ProbePlan().timeout);
}

TEST(ProbeRounds, TheSoonerLimitEndsTheRun)
{
    auto plan = waiting_plan();
    EXPECT_EQ(run_limit(plan), 1min);
    EXPECT_FALSE(ends_at_deadline(plan));
    plan.deadline = 2s;
    EXPECT_EQ(run_limit(plan), 2s);
    EXPECT_TRUE(ends_at_deadline(plan));
    plan.rounds.wait.reset();
    EXPECT_EQ(run_limit(plan), 2s);
}

TEST(ProbeRounds, OneTryOfEachWhereNothingElseIsAsked)
{
    const auto plan = plan_of(std::nullopt, 1s);
    ProbeRounds rounds(plan);
    EXPECT_EQ(rounds.most_at_once(7), 7U);
    EXPECT_FALSE(rounds.begun(0, 1));
    auto found = result(Timeout);
    const auto next = rounds.after(0, found);
    EXPECT_TRUE(next.tell);
    EXPECT_FALSE(next.again);
    EXPECT_FALSE(rounds.enough());
}

TEST(ProbeRounds, TheNameIsResolvedInTheFirstTryOnly)
{
    const auto plan = plan_of(2, 1s);
    ProbeRounds rounds(plan);
    auto found = result(Open, 2);
    found.phases = {.resolve = 5ms, .connect = 1ms, .tls = {}, .first_byte = {}, .total = 6ms};
    rounds.after(0, found);
    EXPECT_FALSE(found.phases.resolve);
    EXPECT_EQ(found.phases.total, 1ms);
}

} // namespace
} // namespace sockit::THIS_FILE
