#include "base/parse.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

/// Words that are no number in any of the grammars: each parser takes the whole string or nothing.
constexpr auto never_numbers = {"",       " ",   " 80", "80 ",   "+80",  "-80", "0x50", "80abc",
                                "9.08e3", "1e",  "1.",  ".5",    "1..5", "1,5", "٣",    "\n80",
                                "80\n",   "nan", "inf", "1.2.3", "--1",  "0b1", "1_000"};

template <class Parse>
void expect_usage_error(const Parse& parse, std::string_view text)
{
    const auto value = parse(text, "value");
    ASSERT_FALSE(value) << "took '" << text << "'";
    EXPECT_EQ(value.error().domain, Domain::Usage) << text;
    EXPECT_TRUE(describe_error(value.error()).starts_with("bad value '"))
        << describe_error(value.error());
}

TEST(ParseNumber, TakesDecimalDigitsOnly)
{
    EXPECT_EQ(parse_number("0", "value"), 0U);
    EXPECT_EQ(parse_number("007", "value"), 7U);
    EXPECT_EQ(parse_number("18446744073709551615", "value"), 18446744073709551615U);
    const auto parse = [](auto text, auto what) { return parse_number(text, what); };
    for (const auto* text : never_numbers)
        expect_usage_error(parse, text);
    expect_usage_error(parse, "18446744073709551616");
    expect_usage_error(parse, "1.5");
    expect_usage_error(parse, std::string_view("80\0", 3));
}

TEST(ParseNumber, KeepsTheLimitsAndNamesThem)
{
    EXPECT_EQ(parse_number("1", "value", 1, 3), 1U);
    EXPECT_EQ(parse_number("3", "value", 1, 3), 3U);
    for (const auto* text : {"0", "4", "99999999999999999999"}) {
        const auto value = parse_number(text, "--count", 1, 3);
        ASSERT_FALSE(value);
        EXPECT_EQ(describe_error(value.error()),
                  "bad --count '" + std::string(text) + "': expected 1 to 3");
    }
}

TEST(ParseDuration, KnowsTheUnits)
{
    const std::pair<const char*, Duration> good[]{
        {"0", 0ns},        {"1", 1s},        {"2.5", 2500ms},      {"100ns", 100ns},  {"3us", 3us},
        {"250ms", 250ms},  {"1.5s", 1500ms}, {"2m", 120s},         {"1h", 3600s},     {"0.5m", 30s},
        {"1.5ms", 1500us}, {"0.1s", 100ms},  {"0.000000001", 1ns}, {"00.25s", 250ms},
    };
    for (const auto& [text, duration] : good)
        EXPECT_EQ(parse_duration(text, "value"), duration) << text;
}

TEST(ParseDuration, RefusesEverythingElse)
{
    for (const auto* text : never_numbers)
        expect_usage_error(parse_duration, text);
    for (const auto* text : {"s", "ms", "1 s", "1S", "1M", "1d", "1min", "1sec", "1m30s", "-1s",
                             "1.s", "10000000000s", "9223372037", "99999999999999999999h"})
        expect_usage_error(parse_duration, text);
}

TEST(ParseSize, SuffixesArePowersOf1024InAnyCase)
{
    constexpr std::uint64_t kibi = 1024;
    const std::pair<const char*, std::uint64_t> good[]{
        {"0", 0},
        {"512", 512},
        {"64k", 65536},
        {"64K", 65536},
        {"64KiB", 65536},
        {"64kib", 65536},
        {"64KB", 65536},
        {"1B", 1},
        {"1M", kibi * kibi},
        {"1.5k", 1536},
        {"2GiB", 2 * kibi * kibi * kibi},
        {"1t", kibi * kibi * kibi * kibi},
        {"0.5", 1},
        {"18446744073709551615", ~0ULL},
    };
    for (const auto& [text, size] : good)
        EXPECT_EQ(parse_size(text, "value"), size) << text;
    for (const auto* text : never_numbers)
        expect_usage_error(parse_size, text);
    for (const auto* text :
         {"k", "1kk", "1p", "1ib", "1 k", "1k/s", "16777216T", "18446744073709551616"})
        expect_usage_error(parse_size, text);
}

TEST(ParseRate, IsASizeWithOrWithoutPerSecond)
{
    EXPECT_EQ(parse_rate("10M/s", "value"), 10485760U);
    EXPECT_EQ(parse_rate("10M", "value"), 10485760U);
    EXPECT_EQ(parse_rate("1", "value"), 1U);
    for (const auto* text : never_numbers)
        expect_usage_error(parse_rate, text);
    for (const auto* text : {"0", "0/s", "/s", "10M/m", "10M/s/s", "10M/"})
        expect_usage_error(parse_rate, text);
}

TEST(BadValue, QuotesTheWordEscapedAndCut)
{
    const auto failure = bad_value("target", "a\033[31m\n" + std::string(100, 'x'), "why not");
    EXPECT_EQ(describe_error(failure.error()),
              "bad target 'a\\x1b[31m\\n" + std::string(53, 'x') + "…': why not");
}

TEST(ParseCEscapes, KnowsThoseOfStringLiterals)
{
    const auto parse = [](std::string_view text) { return parse_c_escapes(text, "value"); };
    EXPECT_EQ(parse(R"(plain\n\r\t\\\'\"\a\b\e\f\v)"), "plain\n\r\t\\'\"\a\b\033\f\v");
    EXPECT_EQ(parse(R"(\x41\x4g\101\0\377)"), (std::string{"A\x04gA\0\xff", 6}));
    EXPECT_EQ(parse(R"(\0012)"), (std::string{"\001"
                                              "2"}));
    EXPECT_EQ(parse("\xc3\xa9"), "\xc3\xa9");
}

TEST(ParseCEscapes, AnythingElseBehindABackslashIsAnError)
{
    for (const auto* text : {R"(\q)", R"(\)", R"(a\x)", R"(\xg)", R"(\8)", R"(\400)"})
        expect_usage_error([](auto word, auto what) { return parse_c_escapes(word, what); }, text);
}

} // namespace
} // namespace sockit::THIS_FILE
