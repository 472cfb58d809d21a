#include "op/echo_intervals.h"
#include "op/echo_schedule.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

EchoInterval interval_of(std::uint64_t messages, Duration start = 0s)
{
    EchoInterval part{.start = start, .duration = 1s, .messages = messages, .connections = 1};
    for (std::uint64_t i = 0; i < messages; ++i)
        part.latency.record(1us);
    return part;
}

TEST(EchoIntervals, AnIntervalIsCompleteWhenAllHaveToldOfIt)
{
    EchoIntervals intervals(2);
    intervals.add(0, interval_of(1));
    intervals.add(0, interval_of(2, 1s));
    EXPECT_TRUE(intervals.take_complete().empty());
    intervals.add(1, interval_of(10));
    const auto complete = intervals.take_complete();
    ASSERT_EQ(complete.size(), 1U);
    EXPECT_EQ(complete[0].messages, 11U);
    EXPECT_EQ(complete[0].connections, 2U);
    EXPECT_EQ(complete[0].latency.count(), 11U);
    EXPECT_TRUE(intervals.take_complete().empty());
}

TEST(EchoIntervals, WhoHasEndedIsNotWaitedFor)
{
    EchoIntervals intervals(2);
    intervals.end(1);
    intervals.add(0, interval_of(1));
    EXPECT_EQ(intervals.take_complete().size(), 1U);
    intervals.add(0, interval_of(2, 1s));
    intervals.add(0, interval_of(3, 2s));
    intervals.end(0);
    const auto complete = intervals.take_complete();
    ASSERT_EQ(complete.size(), 2U);
    EXPECT_EQ(complete[1].messages, 3U);
    EXPECT_EQ(complete[1].start, 2s);
}

TEST(EchoSchedule, ConnectionsTakeTurnsAtAnEvenRate)
{
    const Clock::time_point begin(1h);
    const EchoSchedule schedule(begin, 1000, 10);
    EXPECT_EQ(schedule.at(0, 0), begin);
    EXPECT_EQ(schedule.at(3, 0), begin + 3ms);
    EXPECT_EQ(schedule.at(3, 1), begin + 13ms);
    EXPECT_EQ(schedule.at(9, 99), begin + 999ms);
}

} // namespace
} // namespace sockit::THIS_FILE
