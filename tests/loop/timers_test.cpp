#include "loop/timers.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

const Clock::time_point start = Clock::now();

TEST(Timers, ExpireInTheirOrderAndOnce)
{
    Timers timers;
    EXPECT_EQ(timers.next().point(), std::nullopt);
    EXPECT_EQ(timers.expired(start), std::nullopt);
    timers.set(1, Deadline::at(start + 30ms));
    timers.set(2, Deadline::at(start + 10ms));
    timers.set(3, Deadline::at(start + 10ms));
    EXPECT_EQ(timers.next().point(), start + 10ms);
    EXPECT_EQ(timers.expired(start + 9ms), std::nullopt);
    EXPECT_EQ(timers.expired(start + 10ms), 2U);
    EXPECT_EQ(timers.expired(start + 10ms), 3U);
    EXPECT_EQ(timers.expired(start + 10ms), std::nullopt);
    EXPECT_EQ(timers.next().point(), start + 30ms);
    EXPECT_EQ(timers.expired(start + 1s), 1U);
    EXPECT_EQ(timers.expired(start + 1s), std::nullopt);
}

TEST(Timers, AnotherPointReplacesTheFirst)
{
    Timers timers;
    timers.set(7, Deadline::at(start + 10ms));
    timers.set(7, Deadline::at(start + 50ms));
    EXPECT_EQ(timers.expired(start + 20ms), std::nullopt);
    timers.set(7, Deadline::at(start + 15ms));
    EXPECT_EQ(timers.next().point(), start + 15ms);
    EXPECT_EQ(timers.expired(start + 20ms), 7U);
    EXPECT_EQ(timers.expired(start + 1s), std::nullopt);
}

TEST(Timers, NoPointTakesItAway)
{
    Timers timers;
    timers.set(7, Deadline::at(start));
    timers.set(7, {});
    timers.set(8, {});
    EXPECT_EQ(timers.next().point(), std::nullopt);
    EXPECT_EQ(timers.expired(start + 1s), std::nullopt);
}

} // namespace
} // namespace sockit::THIS_FILE
