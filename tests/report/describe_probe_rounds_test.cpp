#include "golden.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

ProbeStatistics statistics()
{
    ProbeStatistics event{.target = "a:1", .sent = 3, .open = 2, .lost = 1};
    event.connect.record(200us);
    event.connect.record(200us);
    event.kernel_rtt.record(100us);
    return event;
}

TEST(DescribeProbeRounds, Statistics)
{
    EXPECT_EQ(text_of(statistics()),
              "a:1: 3 sent, 2 open, 1 lost (33.3 %)\n"
              "  kernel RTT  p50 100 us  p90 100 us  p99 100 us  p99.9 100 us  max 100 us\n"
              "  connect     p50 200 us  p90 200 us  p99 200 us  p99.9 200 us  max 200 us");
    EXPECT_EQ(
        json_of(statistics()),
        R"("target":"a:1","sent":3,"open":2,"lost":1,"loss":0.3333333333333333,"kernel_rt)"
        R"(t":{"count":1,"min_ns":100000,"mean_ns":100000,"mdev_ns":0,"p50_ns":100000,"p9)"
        R"(0_ns":100000,"p99_ns":100000,"p999_ns":100000,"p9999_ns":100000,"max_ns":100000,"buckets":[[1003)"
        R"(51,1]]},"connect":{"count":2,"min_ns":200000,"mean_ns":200000,"mdev_ns":0,"p50)"
        R"(_ns":200000,"p90_ns":200000,"p99_ns":200000,"p999_ns":200000,"p9999_ns":200000,"max_ns":200000,")"
        R"(buckets":[[200703,2]]})");
}

TEST(DescribeProbeRounds, AChartWhereSomebodyLooks)
{
    auto event = statistics();
    event.chart = true;
    const auto text = text_of(event);
    EXPECT_NE(text.find("\n   200 us to  200 us  2 "), std::string::npos) << text;
}

TEST(DescribeProbeRounds, ALostTargetHasNoTimes)
{
    const ProbeStatistics event{.target = "evil\x1b[2J:1", .sent = 2, .lost = 2, .chart = true};
    EXPECT_EQ(text_of(event), "evil\\x1b[2J:1: 2 sent, 0 open, 2 lost (100.0 %)");
}

TEST(DescribeProbeRounds, Progress)
{
    EXPECT_EQ(text_of(ProbeProgress{.target = "a:1",
                                    .last = ProbeOutcome::Open,
                                    .latest = 2ms,
                                    .mean = 1500us,
                                    .sent = 10,
                                    .open = 9,
                                    .lost = 1,
                                    .elapsed = 10s}),
              "a:1: open, 10 sent, 9 open, 1 lost (10.0 %), last 2.00 ms, mean 1.50 ms");
    EXPECT_EQ(text_of(ProbeProgress{.waiting = true,
                                    .targets = 1,
                                    .target = "a:1",
                                    .last = ProbeOutcome::Refused,
                                    .sent = 35,
                                    .elapsed = 1200ms}),
              "waiting for a:1: refused, 35 tries, 1.20 s");
    EXPECT_EQ(text_of(ProbeProgress{.waiting = true, .targets = 3, .sent = 1, .elapsed = 1ms}),
              "waiting: 1 try, 1.00 ms");
    EXPECT_EQ(text_of(ProbeProgress{.waiting = true,
                                    .targets = 3,
                                    .target = "a:1",
                                    .last = ProbeOutcome::Timeout,
                                    .sent = 9,
                                    .elapsed = 1s}),
              "waiting for 3 targets: a:1 timeout, 9 tries, 1.00 s");
}

TEST(DescribeProbeRounds, WhichTryItWas)
{
    ProbeResult event{.target = "a:1", .outcome = ProbeOutcome::Open, .attempt = 12};
    event.phases.connect = 1ms;
    EXPECT_EQ(text_of(event), "open         a:1                    1.00 ms, try 12");
}

TEST(DescribeProbeRounds, TheSummaryOfTries)
{
    ProbeSummary event{.total = 3, .ok = 3, .repeated = true, .duration = 2s};
    event.outcomes[static_cast<std::size_t>(ProbeOutcome::Open)] = 3;
    EXPECT_EQ(text_of(event), "3 tries, 3 open in 2.00 s");
}

} // namespace
} // namespace sockit::THIS_FILE
