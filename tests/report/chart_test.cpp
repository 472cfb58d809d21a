#include "report/chart.h"
#include "report/width.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <stdlib.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

Histogram of(std::initializer_list<Duration> durations)
{
    Histogram histogram;
    for (const auto duration : durations)
        histogram.record(duration);
    return histogram;
}

std::size_t longest_line(std::string_view text)
{
    std::size_t longest = 0;
    while (true) {
        const auto end = text.find('\n');
        longest = std::max(longest, display_width(text.substr(0, end)));
        if (end == std::string_view::npos)
            return longest;
        text.remove_prefix(end + 1);
    }
}

TEST(Chart, NothingOfNothing) { EXPECT_EQ(chart(Histogram(), {}), ""); }

TEST(Chart, OneDurationIsOneBar)
{
    EXPECT_EQ(
        chart(of({5ms, 5ms}), {.width = 50, .utf8 = true}), "  5.00 ms to 5.00 ms  2 " + [] {
            std::string bar;
            for (int i = 0; i < 26; ++i)
                bar += "█";
            return bar;
        }());
}

TEST(Chart, BarsAreInEighthsOfAColumn)
{
    const auto text = chart(of({100ms, 100ms, 100ms, 150ms, 199ms}), {.utf8 = true});
    EXPECT_NE(text.find("100 ms to  110 ms  3 █"), std::string::npos) << text;
    EXPECT_NE(text.find("1 ██████████████████▋\n"), std::string::npos) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 9) << text;
    EXPECT_LE(longest_line(text), 80U) << text;
}

TEST(Chart, HasNothingButAsciiWhereThatIsAsked)
{
    const auto text = chart(of({10us, 20us, 3ms}), {.width = 60, .utf8 = false});
    EXPECT_TRUE(std::ranges::all_of(text, [](char byte) { return byte > 0; })) << text;
    EXPECT_NE(text.find("1 ####"), std::string::npos) << text;
    EXPECT_LE(longest_line(text), 60U) << text;
}

TEST(Chart, SpansGrowWhereTheLongestIsFarFromTheShortest)
{
    const auto text = chart(of({1us, 1s}), {});
    EXPECT_NE(text.find("1.00 us to 3.98 us  1 "), std::string::npos) << text;
    EXPECT_NE(text.find("251 ms to  1.00 s  1 "), std::string::npos) << text;
}

TEST(Chart, CountsEveryDurationOnce)
{
    Histogram histogram;
    for (int i = 0; i < 1000; ++i)
        histogram.record(1ms + i * 1us);
    const auto text = chart(histogram, {});
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at != std::string::npos && at < text.size();
         at = text.find('\n', at) == std::string::npos ? at : text.find('\n', at) + 1) {
        sum += std::stoull(text.substr(text.find(" to ", at) + 11 + 2));
        if (text.find('\n', at) == std::string::npos)
            break;
    }
    EXPECT_EQ(sum, 1000U) << text;
    EXPECT_LE(longest_line(text), 80U) << text;
}

TEST(Chart, TheLocaleTellsWhetherUtf8IsUnderstood)
{
    ::setenv("LC_ALL", "C.UTF-8", 1);
    EXPECT_TRUE(locale_takes_utf8());
    ::setenv("LC_ALL", "C", 1);
    EXPECT_FALSE(locale_takes_utf8());
    ::unsetenv("LC_ALL");
}

} // namespace
} // namespace sockit::THIS_FILE
