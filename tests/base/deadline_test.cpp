#include "base/deadline.h"

#include <gtest/gtest.h>

#include <limits>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, TheDefaultNeverPasses)
{
    const Deadline never;
    EXPECT_FALSE(never.is_set());
    EXPECT_FALSE(never.passed());
    EXPECT_EQ(never.remaining(), std::nullopt);
    EXPECT_EQ(never.poll_milliseconds(), -1);
}

// The overload for an optional span once called itself.
TEST(Deadline, AfterAnOptionalSpanReturns)
{
    EXPECT_FALSE(Deadline::after(std::optional<Duration>()).is_set());
    const auto before = Clock::now();
    const auto deadline = Deadline::after(std::optional<Duration>(1h));
    EXPECT_GE(deadline.point(), before + 1h);
    EXPECT_LE(deadline.point(), Clock::now() + 1h);
}

TEST(Deadline, APassedOneLeavesNothing)
{
    const auto past = Deadline::at(Clock::now() - 1s);
    EXPECT_TRUE(past.passed());
    EXPECT_EQ(past.remaining(), Duration::zero());
    EXPECT_EQ(past.poll_milliseconds(), 0);
}

TEST(Deadline, PollTimesAreRoundedUpAndKeptInRange)
{
    const auto soon = Deadline::at(Clock::now() + 1h + 1ns);
    EXPECT_GT(soon.poll_milliseconds(), 3'590'000);
    EXPECT_LE(soon.poll_milliseconds(), 3'600'001);
    EXPECT_EQ(Deadline::at(Clock::now() + 24h * 365).poll_milliseconds(),
              std::numeric_limits<int>::max());
    // A sub-millisecond rest must not become a busy loop of zero timeouts.
    const auto rest = Deadline::at(Clock::now() + 900us);
    if (const auto milliseconds = rest.poll_milliseconds(); !rest.passed()) {
        EXPECT_EQ(milliseconds, 1);
    }
}

TEST(Deadline, SoonerPrefersTheOneThatIsSet)
{
    const auto now = Clock::now();
    const auto first = Deadline::at(now + 1s);
    const auto second = Deadline::at(now + 2s);
    EXPECT_EQ(sooner(first, second).point(), first.point());
    EXPECT_EQ(sooner(second, first).point(), first.point());
    EXPECT_EQ(sooner(Deadline(), second).point(), second.point());
    EXPECT_EQ(sooner(first, Deadline()).point(), first.point());
    EXPECT_FALSE(sooner(Deadline(), Deadline()).is_set());
}

} // namespace
} // namespace sockit::THIS_FILE
