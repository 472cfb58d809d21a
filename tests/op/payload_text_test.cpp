#include "op/payload_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace sockit::THIS_FILE {

namespace {

using Chunks = std::vector<std::string>;

Chunks chunked(const Chunks& input)
{
    Chunks output;
    CharacterChunks chunks([&](std::string chunk) {
        output.push_back(std::move(chunk));
        return true;
    });
    for (const auto& bytes : input)
        EXPECT_TRUE(chunks.add(bytes));
    EXPECT_TRUE(chunks.finish());
    return output;
}

TEST(CharacterChunks, PassTextAndBytesAsTheyAre)
{
    EXPECT_EQ(chunked({"abc", "déf"}), (Chunks{"abc", "déf"}));
    EXPECT_EQ(chunked({"\xff\xfe", "\x80"}), (Chunks{"\xff\xfe", "\x80"}));
}

TEST(CharacterChunks, HoldACharacterThatAPacketCut)
{
    EXPECT_EQ(chunked({"a\xe2\x82", "\xac"
                                    "b"}),
              (Chunks{"a", "€b"}));
    EXPECT_EQ(chunked({"\xf0", "\x9f", "\x98", "\x80"}), (Chunks{"😀"}));
    EXPECT_EQ(chunked({"\xc3", "\xa9"}), (Chunks{"é"}));
}

TEST(CharacterChunks, GiveUpACutCharacterAtTheEnd)
{
    EXPECT_EQ(chunked({"a\xe2\x82"}), (Chunks{"a", "\xe2\x82"}));
}

TEST(CharacterChunks, WhatCannotBecomeACharacterIsNotHeld)
{
    EXPECT_EQ(chunked({"a\xc0"}), (Chunks{"a\xc0"}));
    EXPECT_EQ(chunked({"a\x80"}), (Chunks{"a\x80"}));
    EXPECT_EQ(chunked({"a\xe2\x82", "x"}), (Chunks{"a", "\xe2\x82x"}));
}

TEST(CharacterChunks, TellWhenTheOutputIsGone)
{
    CharacterChunks chunks([](const std::string&) { return false; });
    EXPECT_FALSE(chunks.add("abc"));
    EXPECT_TRUE(chunks.finish()); // there was nothing left to tell
}

std::string shown(const Chunks& input)
{
    TerminalText text;
    std::string output;
    for (const auto& bytes : input)
        output += text.add(bytes);
    return output + text.finish();
}

TEST(TerminalText, EscapesWhatATerminalWouldObey)
{
    EXPECT_EQ(shown({"\x1b]0;title\x07"}), "\\x1b]0;title\\x07");
    EXPECT_EQ(shown({"\xc2\x9b"
                     "31m"}),
              "\\u{9b}31m");
    EXPECT_EQ(shown({"tab\tand\nline"}), "tab\tand\nline");
}

TEST(TerminalText, LinesOfNetworkProtocolsStayLines)
{
    EXPECT_EQ(shown({"HTTP/1.1 200 OK\r\n\r\n"}), "HTTP/1.1 200 OK\n\n");
    EXPECT_EQ(shown({"a\r", "\nb"}), "a\nb");
    EXPECT_EQ(shown({"over\rwritten"}), "over\\rwritten");
    EXPECT_EQ(shown({"a\r"}), "a\\r");
}

TEST(TerminalText, CharactersCutByAPacketStayWhole)
{
    EXPECT_EQ(shown({"\xe2", "\x82\xac"}), "€");
    EXPECT_EQ(shown({"\xe2\x82"}), "\\xe2\\x82");
}

TEST(TerminalText, ACutCharacterBehindBytesThatAreNoTextStaysWhole)
{
    EXPECT_EQ(shown({"\xff\xe2", "\x82\xac"}), "\\xff€");
    EXPECT_EQ(shown({"\xde", "\xdf", "\x96 "}), shown({"\xde\xdf\x96 "}));
}

} // namespace

} // namespace sockit::THIS_FILE
