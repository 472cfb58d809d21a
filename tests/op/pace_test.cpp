#include "op/line_ends.h"
#include "op/pace.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

std::span<const std::byte> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

const Clock::time_point start = Clock::time_point(1h);

TEST(Pace, ARateIsHeldOnAverage)
{
    Pace pace({.rate = 1000, .line_delay = {}});
    const std::string text(1000, 'x');
    auto now = start;
    std::size_t sent = 0;
    while (sent < text.size()) {
        const auto count = pace.allowed(bytes_of(text).subspan(sent), now);
        ASSERT_LE(count, 20U); // a 50th of a second's worth
        if (count == 0) {
            ASSERT_GT(*pace.next().point(), now);
            now = *pace.next().point();
            continue;
        }
        pace.sent(bytes_of(text).subspan(sent, count), now);
        sent += count;
    }
    EXPECT_EQ(now - start, 980ms); // the first 20 bytes wait for nothing
}

TEST(Pace, AnIdleTimeGivesNoCreditBeyondOneBurst)
{
    Pace pace({.rate = 1000, .line_delay = {}});
    const std::string text(20, 'x');
    pace.sent(bytes_of(text), start);
    pace.sent(bytes_of(text), start + 10s);
    EXPECT_EQ(*pace.next().point(), start + 10s);
    pace.sent(bytes_of(text), start + 10s);
    EXPECT_EQ(*pace.next().point(), start + 10s + 20ms);
}

TEST(Pace, ASlowRateStillMoves)
{
    Pace pace({.rate = 1, .line_delay = {}});
    EXPECT_EQ(pace.allowed(bytes_of("ab"), start), 1U);
    pace.sent(bytes_of("a"), start);
    EXPECT_EQ(pace.allowed(bytes_of("b"), start), 0U);
    EXPECT_EQ(*pace.next().point(), start + 1s);
}

TEST(Pace, LinesGoOneByOne)
{
    Pace pace({.rate = {}, .line_delay = 2s});
    EXPECT_EQ(pace.allowed(bytes_of("one\ntwo\n"), start), 4U);
    pace.sent(bytes_of("one\n"), start);
    EXPECT_EQ(pace.allowed(bytes_of("two\n"), start + 1s), 0U);
    EXPECT_EQ(*pace.next().point(), start + 2s);
    EXPECT_EQ(pace.allowed(bytes_of("two"), start + 2s), 3U);
    pace.sent(bytes_of("two"), start + 2s); // no line yet
    EXPECT_EQ(pace.allowed(bytes_of("\n"), start + 2s), 1U);
}

std::string converted(LineEnds& ends, std::string_view text)
{
    std::array<std::byte, 64> out{};
    const auto made = ends.convert(bytes_of(text), out);
    return {reinterpret_cast<const char*>(out.data()), made};
}

TEST(LineEnds, BecomeCrLfAndThoseThatAreStay)
{
    LineEnds ends;
    EXPECT_EQ(converted(ends, "a\nb\r\n\n"), "a\r\nb\r\n\r\n");
    EXPECT_EQ(converted(ends, "c\r"), "c\r");
    EXPECT_EQ(converted(ends, "\nd"), "\nd"); // cut between the two
}

TEST(LineEnds, ConvertInPlace)
{
    std::array<std::byte, 8> buffer{};
    std::ranges::copy(bytes_of("\n\n\n\n"), buffer.begin() + 4);
    LineEnds ends;
    EXPECT_EQ(ends.convert(std::span(buffer).last(4), buffer), 8U);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(buffer.data()), 8),
              "\r\n\r\n\r\n\r\n");
}

} // namespace
} // namespace sockit::THIS_FILE
