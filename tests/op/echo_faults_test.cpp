#include "op/echo_faults.h"

#include <gtest/gtest.h>

#include <set>

namespace sockit::THIS_FILE {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t pieces = 10'000;

/// How many of the first pieces of connection 1 have that fate.
template <class Which>
std::uint64_t share(const EchoFaultPlan& plan, Which which)
{
    std::uint64_t count = 0;
    for (std::uint64_t piece = 0; piece < pieces; ++piece)
        count += which(echo_fate(plan, 1, piece, 64)) ? 1 : 0;
    return count;
}

TEST(EchoFaults, NothingPlannedNothingHappens)
{
    const EchoFaultPlan plan;
    EXPECT_FALSE(plan.any_after_accept());
    EXPECT_EQ(share(plan, [](const EchoFate& fate) { return fate != EchoFate{}; }), 0U);
    EXPECT_TRUE(echo_ends(plan).empty());
}

TEST(EchoFaults, WhatConcernsTheListenerOnlyIsNothingAfterAccept)
{
    EchoFaultPlan plan;
    plan.accept_delay = milliseconds(1);
    plan.no_accept = true;
    EXPECT_FALSE(plan.any_after_accept());
    plan.slow_read = 1;
    EXPECT_TRUE(plan.any_after_accept());
}

TEST(EchoFaults, ProbabilitiesHold)
{
    EchoFaultPlan plan;
    plan.drop = 0.25;
    const auto dropped = share(plan, [](const EchoFate& fate) { return fate.drop; });
    EXPECT_NEAR(static_cast<double>(dropped), 2500, 150);
    plan = {};
    plan.corrupt = 1;
    EXPECT_EQ(share(plan, [](const EchoFate& fate) { return fate.corrupt.has_value(); }), pieces);
    plan = {};
    plan.duplicate = 0.001;
    plan.reorder = 0.5;
    EXPECT_NEAR(static_cast<double>(share(plan, [](const EchoFate& f) { return f.duplicate; })), 10,
                10);
    EXPECT_NEAR(static_cast<double>(share(plan, [](const EchoFate& f) { return f.reorder; })), 5000,
                200);
}

TEST(EchoFaults, KindsAreDrawnEachForItself)
{
    EchoFaultPlan plan;
    plan.duplicate = 0.5;
    plan.reorder = 0.5;
    const auto both = share(plan, [](const EchoFate& f) { return f.duplicate && f.reorder; });
    EXPECT_NEAR(static_cast<double>(both), 2500, 150);
    EchoFaultPlan more = plan;
    more.corrupt = 0.5;
    for (std::uint64_t piece = 0; piece < 100; ++piece)
        EXPECT_EQ(echo_fate(plan, 1, piece, 64).duplicate, echo_fate(more, 1, piece, 64).duplicate);
}

TEST(EchoFaults, WhatIsDroppedHasNoOtherFate)
{
    EchoFaultPlan plan;
    plan.drop = 1;
    plan.corrupt = 1;
    plan.duplicate = 1;
    plan.delay = milliseconds(5);
    EXPECT_EQ(echo_fate(plan, 1, 0, 64), EchoFate{.drop = true});
}

TEST(EchoFaults, SeedAndNumbersDecide)
{
    EchoFaultPlan plan;
    plan.corrupt = 1;
    plan.jitter = milliseconds(10);
    EXPECT_EQ(echo_fate(plan, 3, 7, 1000), echo_fate(plan, 3, 7, 1000));
    EXPECT_NE(echo_fate(plan, 3, 7, 1000), echo_fate(plan, 4, 7, 1000));
    EXPECT_NE(echo_fate(plan, 3, 7, 1000), echo_fate(plan, 3, 8, 1000));
    EchoFaultPlan other = plan;
    other.seed = 2;
    EXPECT_NE(echo_fate(plan, 3, 7, 1000), echo_fate(other, 3, 7, 1000));
}

TEST(EchoFaults, ACorruptByteIsAnywhereInThePieceAndAlwaysChanged)
{
    EchoFaultPlan plan;
    plan.corrupt = 1;
    std::set<std::size_t> places;
    for (std::uint64_t piece = 0; piece < 1000; ++piece) {
        const auto fate = echo_fate(plan, 1, piece, 10);
        ASSERT_TRUE(fate.corrupt);
        EXPECT_NE(fate.corrupt->flip, std::byte{0});
        places.insert(fate.corrupt->offset);
    }
    EXPECT_EQ(places, (std::set<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_FALSE(echo_fate(plan, 1, 0, 0).corrupt);
}

TEST(EchoFaults, DelaysAreWithinTheJitterAndNeverBeforeNow)
{
    EchoFaultPlan plan;
    plan.delay = milliseconds(10);
    EXPECT_EQ(echo_fate(plan, 1, 0, 64).delay, milliseconds(10));
    plan.jitter = milliseconds(4);
    Duration least = plan.delay;
    Duration most = plan.delay;
    for (std::uint64_t piece = 0; piece < pieces; ++piece) {
        const auto delay = echo_fate(plan, 1, piece, 64).delay;
        least = std::min(least, delay);
        most = std::max(most, delay);
    }
    EXPECT_GE(least, milliseconds(6));
    EXPECT_LT(least, Duration(milliseconds(6)) + std::chrono::microseconds(100));
    EXPECT_LE(most, milliseconds(14));
    EXPECT_GT(most, Duration(milliseconds(14)) - std::chrono::microseconds(100));
    plan.delay = {};
    const auto early = [](const EchoFate& fate) { return fate.delay < Duration::zero(); };
    EXPECT_EQ(share(plan, early), 0U);
}

TEST(EchoFaults, EndsComeInTheOrderOfTheirBytes)
{
    EchoFaultPlan plan;
    plan.reset_after = 30;
    plan.half_close_after = 10;
    EXPECT_EQ(echo_ends(plan), (std::vector<EchoEnd>{{EchoFaultKind::HalfCloseAfter, 10},
                                                     {EchoFaultKind::ResetAfter, 30}}));
    plan.close_after = 5;
    EXPECT_EQ(echo_ends(plan), (std::vector<EchoEnd>{{EchoFaultKind::CloseAfter, 5}}));
    plan.close_after = 30;
    EXPECT_EQ(echo_ends(plan), (std::vector<EchoEnd>{{EchoFaultKind::HalfCloseAfter, 10},
                                                     {EchoFaultKind::CloseAfter, 30}}));
}

TEST(EchoFaults, CountsAddUp)
{
    EchoFaultCounts counts;
    add(counts, EchoFaultKind::Delay);
    add(counts, EchoFaultKind::HalfCloseAfter);
    EchoFaultCounts others{.delay = 2, .reset_after = 1};
    add(others, counts);
    EXPECT_EQ(others, (EchoFaultCounts{.delay = 3, .reset_after = 1, .half_close_after = 1}));
}

} // namespace
} // namespace sockit::THIS_FILE
