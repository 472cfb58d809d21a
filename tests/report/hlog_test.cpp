#include "base/escape.h"
#include "report/hlog.h"
#include "support/hlog_reader.h"
#include "written.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using test::decode_hdr;
using test::HdrHistogram;
using test::inflate_hdr;
using test::read_hlog;

Histogram histogram_of(std::initializer_list<Duration> durations)
{
    Histogram histogram;
    for (const auto duration : durations)
        histogram.record(duration);
    return histogram;
}

HdrHistogram decoded(const Histogram& histogram)
{
    const auto plain = inflate_hdr(hdr_encoding(histogram));
    EXPECT_TRUE(plain);
    const auto read = decode_hdr(plain.value_or(""));
    EXPECT_TRUE(read);
    return read.value_or(HdrHistogram{});
}

TEST(HdrEncoding, IsByteForByteThatOfTheReferenceImplementation)
{
    // HdrHistogram 2.1.11 in Java: new Histogram(1, 3600000000000L, 2) with these values.
    const auto histogram = histogram_of({0ns, 1ns, 1ns, 255ns, 256ns, 257ns, 1us, 1us, 1us, 50us,
                                         123456ns, 123456ns, 7ms, 300ms, 59999999999ns});
    const auto plain = inflate_hdr(hdr_encoding(histogram));
    ASSERT_TRUE(plain);
    EXPECT_EQ(hex(*plain),
              "1c84931300000018000000000000000200000000000000010000034630b8a0003ff0000000000000"
              "0204f9030204f103068f0b02d90204c50b02f10a029d0f02");
    EXPECT_EQ(inflate_hdr("HISTFAAAADp4nJNpmSzMwMAgwQABTFCakYGB2c1gxwIG+w9QCZafzEwsH5nZ+rmZbjKx"
                          "HOVm+sjFNJefCQAFSgpc"),
              *plain);
}

TEST(HdrEncoding, KeepsEveryBucket)
{
    Histogram histogram;
    for (std::int64_t value = 1; value < 4'000'000'000'000'000'000; value += 1 + value / 3)
        for (int times = 0; times < 1 + value % 300; ++times)
            histogram.record(Duration(value));
    const auto read = decoded(histogram);
    EXPECT_EQ(read.count(), histogram.count());
    EXPECT_GE(read.highest, static_cast<std::uint64_t>(histogram.max()->count()));
    const auto buckets = histogram.buckets();
    ASSERT_EQ(read.buckets.size(), buckets.size());
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        EXPECT_EQ(read.buckets[i].highest, static_cast<std::uint64_t>(buckets[i].upper.count()));
        EXPECT_EQ(read.buckets[i].count, buckets[i].count);
    }
}

TEST(HdrEncoding, OfNothingIsEmpty)
{
    const auto read = decoded({});
    EXPECT_TRUE(read.buckets.empty());
    EXPECT_EQ(read.highest, 3'600'000'000'000U);
}

TEST(HdrEncoding, OfManyInOneBucketTakesMoreThanAByte)
{
    Histogram histogram;
    for (int doubled = 0; doubled < 40; ++doubled) {
        histogram.record(3ns);
        histogram.add(Histogram(histogram));
    }
    EXPECT_EQ(decoded(histogram).buckets,
              (std::vector<HdrHistogram::Bucket>{{3, 3, histogram.count()}}));
}

TEST(HlogSink, WritesALineAnInterval)
{
    const auto log = read_hlog(written(make_hlog_sink, [](EventSink& sink) {
        sink.take(EchoStart{"evil\n:7", {.connections = 2, .sizes = "64"}});
        sink.take(EchoInterval{.duration = 1s, .latency = histogram_of({1ms, 3ms})});
        sink.take(EchoInterval{.start = 1s, .duration = 500ms, .latency = histogram_of({2ms})});
        EchoSummary summary;
        summary.latency = histogram_of({1ms, 2ms, 3ms});
        sink.take(summary);
    }));
    ASSERT_EQ(log.comments.size(), 5U);
    EXPECT_EQ(log.comments[0], "#[Histogram log format version 1.3]");
    EXPECT_EQ(log.comments[1],
              "#[sockit echo client evil\\n:7: messages of 64 B on 2 connections]");
    EXPECT_TRUE(log.comments[2].starts_with("#[StartTime: 1"));
    EXPECT_TRUE(log.comments[3].starts_with("#[BaseTime: 1"));
    ASSERT_EQ(log.intervals.size(), 2U);
    EXPECT_EQ(log.intervals[0].start, 0);
    EXPECT_EQ(log.intervals[0].length, 1);
    EXPECT_EQ(log.intervals[0].longest, 3);
    EXPECT_EQ(log.intervals[0].histogram.count(), 2U);
    EXPECT_EQ(log.intervals[1].start, 1);
    EXPECT_EQ(log.intervals[1].length, 0.5);
    EXPECT_EQ(log.intervals[1].histogram.count(), 1U);
}

TEST(HlogSink, ARunWithoutIntervalsIsOne)
{
    const auto log = read_hlog(written(make_hlog_sink, [](EventSink& sink) {
        EchoSummary summary;
        summary.duration = 250ms;
        summary.latency = histogram_of({1ms, 2ms, 3ms});
        sink.take(summary);
    }));
    ASSERT_EQ(log.intervals.size(), 1U);
    EXPECT_EQ(log.intervals[0].length, 0.25);
    EXPECT_EQ(log.intervals[0].histogram.count(), 3U);
}

TEST(HlogSink, TheServiceTimeOfAnOpenLoopHasATag)
{
    const auto log = read_hlog(written(make_hlog_sink, [](EventSink& sink) {
        EchoSummary summary;
        summary.corrected = true;
        summary.latency = histogram_of({9ms, 9ms});
        summary.service = histogram_of({1ms, 1ms});
        sink.take(summary);
    }));
    ASSERT_EQ(log.intervals.size(), 2U);
    EXPECT_EQ(log.intervals[0].tag, "");
    EXPECT_EQ(log.intervals[1].tag, "service");
    EXPECT_EQ(log.intervals[1].longest, 1);
}

} // namespace
} // namespace sockit::THIS_FILE
