#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

constexpr auto longest = Duration::max();

/// Values around every power of two and some between.
std::vector<std::int64_t> interesting_values()
{
    std::vector<std::int64_t> values{0, 1, 2, 127, 128, 129, 255, 256, 257, 258, 511, 512, 513};
    std::mt19937_64 random(1);
    for (int shift = 9; shift < 63; ++shift) {
        const auto power = std::int64_t{1} << shift;
        values.insert(values.end(), {power - 1, power, power + 1, power + power / 3,
                                     power + static_cast<std::int64_t>(
                                                 random() % static_cast<std::uint64_t>(power))});
    }
    values.push_back(std::numeric_limits<std::int64_t>::max());
    return values;
}

Histogram of(const std::vector<std::int64_t>& values)
{
    Histogram histogram;
    for (const auto value : values)
        histogram.record(Duration(value));
    return histogram;
}

TEST(Histogram, AnEmptyOneKnowsNothing)
{
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_FALSE(histogram.min());
    EXPECT_FALSE(histogram.max());
    EXPECT_FALSE(histogram.mean());
    EXPECT_FALSE(histogram.deviation());
    EXPECT_FALSE(histogram.percentile(0.5));
    EXPECT_TRUE(histogram.buckets().empty());
}

/// The layout, worked out by walking: 256 buckets of width 1, then 128 of each further width.
TEST(Histogram, BucketsAreThoseOfHdrHistogramWithTwoDigits)
{
    for (const auto value : interesting_values()) {
        std::int64_t low = 0;
        std::int64_t width = 1;
        for (std::int64_t octave = 256; value >= octave && octave > 0;
             octave = octave > std::numeric_limits<std::int64_t>::max() / 2 ? -1 : octave * 2) {
            low = octave;
            width *= 2;
        }
        const auto upper = static_cast<std::int64_t>(
            static_cast<std::uint64_t>(low + (value - low) / width * width) +
            static_cast<std::uint64_t>(width - 1));
        const auto buckets = of({value}).buckets();
        ASSERT_EQ(buckets.size(), 1U) << value;
        EXPECT_EQ(buckets[0].upper, Duration(upper)) << value;
        EXPECT_EQ(buckets[0].count, 1U);
    }
}

TEST(Histogram, NoBucketIsWiderThanOnePartIn128)
{
    for (const auto value : interesting_values()) {
        const auto upper = of({value}).buckets()[0].upper.count();
        EXPECT_GE(upper, value);
        EXPECT_LE(static_cast<double>(upper - value), static_cast<double>(value) / 128 + 1);
    }
}

TEST(Histogram, PercentilesAreThoseOfTheSortedValuesWithinABucket)
{
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> latency(10, 2);
    std::vector<std::int64_t> values;
    for (int i = 0; i < 10'000; ++i)
        values.push_back(std::llround(latency(random)));
    const auto histogram = of(values);
    std::ranges::sort(values);
    for (const double quantile : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
        const auto rank =
            std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(quantile * 10'000 - 1e-6)));
        const auto exact = values[rank - 1];
        const auto found = histogram.percentile(quantile)->count();
        EXPECT_GE(found, exact) << quantile;
        EXPECT_LE(static_cast<double>(found), static_cast<double>(exact) * 129 / 128 + 1)
            << quantile;
    }
    EXPECT_EQ(histogram.min()->count(), values.front());
    EXPECT_EQ(histogram.max()->count(), values.back());
    EXPECT_EQ(histogram.percentile(1)->count(), values.back());
}

TEST(Histogram, APercentileOfAThousandIsNotOffByOne)
{
    Histogram histogram;
    for (int i = 1; i <= 1000; ++i)
        histogram.record(Duration(i <= 999 ? 100 : 200));
    EXPECT_EQ(histogram.percentile(0.999), 100ns);
    EXPECT_EQ(histogram.percentile(1), 200ns);
}

TEST(Histogram, MeanAndDeviationAreExact)
{
    const auto histogram = of({1000, 2000, 3000, 4000});
    EXPECT_EQ(histogram.mean(), 2500ns);
    EXPECT_EQ(histogram.deviation(), 1118ns);
    EXPECT_EQ(of({1'234'567'891}).deviation(), 0ns);
}

TEST(Histogram, CountsAddUp)
{
    const auto values = interesting_values();
    const auto histogram = of(values);
    std::uint64_t sum = 0;
    auto last = Duration(-1);
    for (const auto& bucket : histogram.buckets()) {
        EXPECT_GT(bucket.count, 0U);
        EXPECT_GT(bucket.upper, last);
        last = bucket.upper;
        sum += bucket.count;
    }
    EXPECT_EQ(sum, values.size());
    EXPECT_EQ(histogram.count(), values.size());
}

TEST(Histogram, TakesWhateverADurationCanBe)
{
    Histogram histogram;
    histogram.record(-5ns);
    EXPECT_EQ(histogram.max(), 0ns);
    histogram.record(longest);
    EXPECT_EQ(histogram.max(), longest);
    EXPECT_EQ(histogram.buckets().back().upper, longest);
}

} // namespace
} // namespace sockit::THIS_FILE
