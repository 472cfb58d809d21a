#include "op/tagged_lines.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

using Clean = TaggedLines::Clean;

TEST(TaggedLines, WholeLinesOnly)
{
    TaggedLines lines(7, Clean::No);
    EXPECT_EQ(lines.add("one"), "");
    EXPECT_EQ(lines.add(" more\ntwo\n\nthr"), "[7] one more\n[7] two\n[7] \n");
    EXPECT_EQ(lines.add(""), "");
    EXPECT_EQ(lines.finish(), "[7] thr\n");
    EXPECT_EQ(lines.finish(), "");
    EXPECT_EQ(lines.add("a\r\n\x1b"), "[7] a\r\n");
}

TEST(TaggedLines, CleanOnesHaveNoControls)
{
    TaggedLines lines(1, Clean::Yes);
    EXPECT_EQ(lines.add("a\tb\r\nx\x1b[2J\\y\r\xff\n"), "[1] a\tb\n[1] x\\x1b[2J\\y\\r\\xff\n");
    EXPECT_EQ(lines.add("\xc3"), "");
    EXPECT_EQ(lines.add("\xa4\n"), "[1] \xc3\xa4\n");
}

TEST(TaggedLines, AnEndlessLineGoesOutInPieces)
{
    TaggedLines lines(2, Clean::No);
    std::string out;
    for (std::size_t i = 0; i < 2 * TaggedLines::longest + 10; ++i)
        out += lines.add("x");
    const auto piece = "[2] " + std::string(TaggedLines::longest, 'x') + "\n";
    EXPECT_EQ(out, piece + piece);
    EXPECT_EQ(lines.finish(), "[2] xxxxxxxxxx\n");
}

TEST(TaggedLines, ALineOfExactlyTheLimit)
{
    TaggedLines lines(2, Clean::No);
    EXPECT_EQ(lines.add(std::string(TaggedLines::longest - 1, 'x') + "\ny\n"),
              "[2] " + std::string(TaggedLines::longest - 1, 'x') + "\n[2] y\n");
    EXPECT_EQ(lines.finish(), "");
}

} // namespace

} // namespace sockit::THIS_FILE
