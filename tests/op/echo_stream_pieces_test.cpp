#include "op/echo_stream_pieces.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sockit::THIS_FILE {
namespace {

using std::chrono::milliseconds;

/// The pieces of one connection, at times of our own.
class EchoPiecesTest : public testing::Test {
protected:
    EchoPieces pieces()
    {
        return {plan, 1, [this](EchoFaultKind kind, std::uint64_t offset) {
                    fired.emplace_back(kind, offset);
                }};
    }
    static void take(EchoPieces& into, std::string_view text, std::uint64_t offset,
                     Clock::time_point now)
    {
        into.take(std::as_bytes(std::span(text)), offset, now);
    }
    /// What is due, as one text, with a bar behind each piece.
    static std::string drain(EchoPieces& from, Clock::time_point now)
    {
        std::string text;
        while (const auto bytes = from.due(now)) {
            text.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
            text += '|';
            from.sent(bytes->size());
        }
        return text;
    }

    EchoFaultPlan plan;
    std::vector<std::pair<EchoFaultKind, std::uint64_t>> fired;
    Clock::time_point start = Clock::now();
};

TEST_F(EchoPiecesTest, WithoutFaultsTheyGoAsTheyCame)
{
    auto all = pieces();
    EXPECT_FALSE(all.full());
    take(all, "one", 0, start);
    EXPECT_TRUE(all.full());
    take(all, "", 3, start);
    take(all, "two", 3, start);
    EXPECT_EQ(drain(all, start), "one||two|");
    EXPECT_TRUE(all.empty());
    EXPECT_FALSE(all.full());
    EXPECT_FALSE(all.next(start).is_set());
    EXPECT_TRUE(fired.empty());
}

TEST_F(EchoPiecesTest, AShortSendLeavesTheRest)
{
    auto all = pieces();
    take(all, "hello", 0, start);
    all.sent(2);
    EXPECT_EQ(drain(all, start), "llo|");
}

TEST_F(EchoPiecesTest, DelayedPiecesAreDueLaterAndMayBeMany)
{
    plan.delay = milliseconds(10);
    auto all = pieces();
    take(all, "one", 0, start);
    take(all, "two", 3, start + milliseconds(5));
    EXPECT_FALSE(all.full());
    EXPECT_EQ(all.next(start).point(), start + milliseconds(10));
    EXPECT_EQ(drain(all, start + milliseconds(9)), "");
    EXPECT_EQ(drain(all, start + milliseconds(10)), "one|");
    EXPECT_EQ(drain(all, start + milliseconds(15)), "two|");
    EXPECT_EQ(fired.size(), 2U);
    for (int i = 0; i < 16; ++i)
        take(all, std::string(65536, 'x'), 0, start);
    EXPECT_TRUE(all.full());
}

TEST_F(EchoPiecesTest, JitterDoesNotReorder)
{
    plan.delay = plan.jitter = milliseconds(50);
    auto all = pieces();
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        const auto text = std::to_string(i);
        take(all, text, 0, start + milliseconds(i));
        expected += text + '|';
    }
    EXPECT_EQ(drain(all, start + milliseconds(300)), expected);
}

TEST_F(EchoPiecesTest, AHeldPieceGoesBehindTheNextOrInTheEnd)
{
    plan.reorder = 1;
    auto all = pieces();
    take(all, "one", 0, start);
    EXPECT_FALSE(all.empty());
    EXPECT_FALSE(all.full()); // or the next one would never come
    EXPECT_EQ(drain(all, start), "");
    take(all, "two", 3, start);
    EXPECT_EQ(drain(all, start), "two|one|");
    take(all, "three", 6, start);
    EXPECT_EQ(all.next(start).point(), start + echo_reorder_patience);
    EXPECT_EQ(drain(all, start + echo_reorder_patience), "three|");
    take(all, "four", 11, start);
    all.end();
    EXPECT_EQ(drain(all, start), "four|");
}

TEST_F(EchoPiecesTest, OffsetsOfFaultsAreThoseOfTheStream)
{
    plan.duplicate = 1;
    plan.corrupt = 1;
    auto all = pieces();
    take(all, "x", 40, start);
    EXPECT_EQ(fired,
              (decltype(fired){{EchoFaultKind::Corrupt, 40}, {EchoFaultKind::Duplicate, 40}}));
    const auto text = drain(all, start);
    EXPECT_EQ(text.size(), 4U);
    EXPECT_EQ(text[0], text[2]); // twice the same
    EXPECT_NE(text[0], 'x');
}

TEST_F(EchoPiecesTest, DroppedPiecesAreGone)
{
    plan.drop = 1;
    auto all = pieces();
    take(all, "x", 7, start);
    EXPECT_TRUE(all.empty());
    EXPECT_EQ(fired, (decltype(fired){{EchoFaultKind::Drop, 7}}));
}

} // namespace
} // namespace sockit::THIS_FILE
