#include "base/escape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace sockit::THIS_FILE {
namespace {

TEST(Escape, HarmlessTextPassesUnchanged)
{
    for (const auto* text : {"", "plain text ~!@#$%^&*()", "Grüße, 世界 🙂", "é"})
        EXPECT_EQ(escape(text), text);
}

TEST(Escape, WhatMovesTheCursorIsSpelledOut)
{
    EXPECT_EQ(escape("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    EXPECT_EQ(escape("\033[2J\a\b\x7f"), "\\x1b[2J\\x07\\x08\\x7f");
    EXPECT_EQ(escape(std::string_view("\0", 1)), "\\x00");
    EXPECT_EQ(escape("\\"), "\\\\");
}

TEST(Escape, ControlsOutsideAsciiAreSpelledOut)
{
    EXPECT_EQ(escape("\u0085"), "\\u{85}");       // C1: next line
    EXPECT_EQ(escape("\u009b31m"), "\\u{9b}31m"); // C1: control sequence introducer
    EXPECT_EQ(escape("\u202e"), "\\u{202e}");     // right-to-left override
    EXPECT_EQ(escape("\u2066"), "\\u{2066}");     // left-to-right isolate
    EXPECT_EQ(escape("\u2028"), "\\u{2028}");     // line separator
    EXPECT_EQ(escape("\u061c"), "\\u{61c}");      // Arabic letter mark
    EXPECT_EQ(escape("\ufeff"), "\\u{feff}");     // byte order mark
}

TEST(Escape, WhatIsNotUtf8IsSpelledByteByByte)
{
    const std::pair<std::string_view, std::string_view> cases[]{
        {"\xff", "\\xff"},
        {"\x9b"
         "31m",
         "\\x9b31m"},                                 // a raw C1 byte
        {"\xc0\xaf", "\\xc0\\xaf"},                   // overlong '/'
        {"\xe0\x80\x80", "\\xe0\\x80\\x80"},          // overlong NUL
        {"\xf0\x80\x80\x80", "\\xf0\\x80\\x80\\x80"}, // overlong NUL in four
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          // a surrogate
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // above U+10FFFF
        {"\xe4\xb8", "\\xe4\\xb8"},                   // cut short
        {"\xe4\xb8g", "\\xe4\\xb8g"},
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
    };
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(escape(bytes), text);
        EXPECT_FALSE(is_utf8(bytes)) << text;
    }
}

TEST(Escape, NoTwoInputsLookTheSameAndNoneHarms)
{
    std::set<std::string> seen;
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second) {
            const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
            const auto text = escape(bytes);
            const bool harmless = std::ranges::none_of(
                text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
            if (!seen.insert(text).second || !is_utf8(text) || !harmless)
                ADD_FAILURE() << hex(bytes) << " became " << text;
        }
}

TEST(EscapePayload, LinesTabsAndBackslashesPass)
{
    EXPECT_EQ(escape_payload("a\\b\n\tc\r\033[0m"), "a\\b\n\tc\\r\\x1b[0m");
}

TEST(Quote, CutsAt64CharactersNotBytes)
{
    EXPECT_EQ(quote("x"), "'x'");
    EXPECT_EQ(quote(std::string(64, 'x')), "'" + std::string(64, 'x') + "'");
    EXPECT_EQ(quote(std::string(65, 'x')), "'" + std::string(64, 'x') + "…'");
    std::string umlauts;
    for (int i = 0; i < 64; ++i)
        umlauts += "ü";
    EXPECT_EQ(quote(umlauts), "'" + umlauts + "'");
    EXPECT_EQ(quote(umlauts + "ü"), "'" + umlauts + "…'");
}

TEST(Utf8Prefix, StopsBeforeACharacterThatIsCut)
{
    EXPECT_EQ(utf8_prefix("aé"), 3U);
    EXPECT_EQ(utf8_prefix("a\xc3"), 1U);
    EXPECT_EQ(utf8_prefix("a\xf0\x9f\x99"), 1U);
    EXPECT_EQ(utf8_prefix("\xff"
                          "abc"),
              0U);
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Base64, MatchesTheVectorsOfRfc4648)
{
    const std::pair<const char*, const char*> vectors[]{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe", "//4="},
    };
    for (const auto& [bytes, text] : vectors)
        EXPECT_EQ(base64(bytes), text);
}

TEST(Hex, IsLowerCaseTwoDigitsAByte)
{
    EXPECT_EQ(hex(""), "");
    EXPECT_EQ(hex(std::string_view("\x00\x0f\xff", 3)), "000fff");
}

TEST(Escape, Base64AndBack)
{
    for (const std::string bytes : {"", "a", "ab", "abc", "\xff\n\x1b", "a longer one"})
        EXPECT_EQ(unbase64(base64(bytes)), bytes);
    for (const char* none : {"a", "YQ", "YQ=", "YQ==x", "YR==", "Y\n==", "====", "YWI=YWI="})
        EXPECT_EQ(unbase64(none), std::nullopt) << none;
}

} // namespace
} // namespace sockit::THIS_FILE
