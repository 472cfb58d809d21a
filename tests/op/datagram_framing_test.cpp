#include "op/datagram_framing.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace sockit::THIS_FILE {

namespace {

using Texts = std::vector<std::string>;

void fill(DatagramFramer& framer, std::string_view text)
{
    const auto space = framer.space();
    ASSERT_TRUE(space);
    ASSERT_GE(space->size(), text.size());
    std::memcpy(space->data(), text.data(), text.size());
    framer.filled(text.size());
}

Texts take(DatagramFramer& framer)
{
    Texts texts;
    for (const auto& datagram : framer.waiting())
        texts.emplace_back(reinterpret_cast<const char*>(datagram.data()), datagram.size());
    framer.sent(texts.size());
    return texts;
}

TEST(DatagramFramer, OneReadIsOneDatagram)
{
    DatagramFramer framer({}, 10);
    EXPECT_EQ(framer.space()->size(), 10U);
    fill(framer, "a\nb");
    EXPECT_EQ(take(framer), (Texts{"a\nb"}));
    fill(framer, "c");
    EXPECT_EQ(take(framer), (Texts{"c"}));
    framer.end();
    EXPECT_EQ(take(framer), Texts{});
}

TEST(DatagramFramer, SizesAreFilledAcrossReads)
{
    DatagramFramer framer({.size = 4, .per_line = false}, 10);
    fill(framer, "abc");
    EXPECT_EQ(take(framer), Texts{});
    fill(framer, "defgh");
    EXPECT_EQ(take(framer), (Texts{"abcd", "efgh"}));
    fill(framer, "i");
    framer.end();
    EXPECT_EQ(take(framer), (Texts{"i"}));
}

TEST(DatagramFramer, LinesAcrossReadsAndEmptyOnes)
{
    DatagramFramer framer({.size = {}, .per_line = true}, 10);
    fill(framer, "one\n\ntw");
    EXPECT_EQ(take(framer), (Texts{"one", ""}));
    fill(framer, "o");
    EXPECT_EQ(take(framer), Texts{});
    fill(framer, "\n\nlast");
    EXPECT_EQ(take(framer), (Texts{"two", ""}));
    framer.end();
    EXPECT_EQ(take(framer), (Texts{"last"}));
}

TEST(DatagramFramer, ALineThatIsTooLongIsNotCut)
{
    DatagramFramer framer({.size = {}, .per_line = true}, 10);
    const auto space = framer.space();
    ASSERT_EQ(space->size(), DatagramFramer::largest);
    std::memset(space->data(), 'x', space->size());
    framer.filled(space->size());
    EXPECT_EQ(take(framer), Texts{});
    const auto none = framer.space();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, EMSGSIZE);
}

TEST(DatagramFramer, WhatComesFromElsewhereGoesFirst)
{
    DatagramFramer framer({.size = {}, .per_line = true}, 10);
    const std::string text = "hello\n";
    framer.add(std::as_bytes(std::span(text)));
    EXPECT_EQ(take(framer), (Texts{"hello\n"}));
    fill(framer, "x\n");
    EXPECT_EQ(take(framer), (Texts{"x"}));
}

} // namespace

} // namespace sockit::THIS_FILE
