#include "op/dialogue.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

DialoguePlan plan_of(std::vector<DialoguePlan::Step> steps)
{
    return {.steps = std::move(steps), .patience = 10s};
}

TEST(Dialogue, SaysAndHearsInOrder)
{
    const auto plan = plan_of({"one", Pattern::literal("1"), "two", *Pattern::regular("2+", "x")});
    Dialogue dialogue(plan);
    EXPECT_EQ(dialogue.next_to_send(), "one");
    EXPECT_TRUE(dialogue.expecting());
    EXPECT_TRUE(dialogue.deadline().is_set());
    EXPECT_EQ(dialogue.next_to_send(), std::nullopt);
    dialogue.received("noise 1 22");
    EXPECT_EQ(dialogue.next_to_send(), "two");
    // What came before it was asked for counts as well.
    EXPECT_TRUE(dialogue.over());
    EXPECT_TRUE(dialogue.answered());
    EXPECT_FALSE(dialogue.deadline().is_set());
}

TEST(Dialogue, AnAnswerInManyPiecesIsFound)
{
    const auto plan = plan_of({Pattern::literal("needle")});
    Dialogue dialogue(plan);
    for (const char* piece : {"need", "leneedl", "e"}) {
        EXPECT_FALSE(dialogue.over());
        dialogue.received(piece);
        if (dialogue.over())
            break;
    }
    EXPECT_TRUE(dialogue.answered());
}

TEST(Dialogue, TheSameBytesAnswerOnce)
{
    const auto plan = plan_of({Pattern::literal("ok"), Pattern::literal("ok")});
    Dialogue dialogue(plan);
    dialogue.received("ok");
    EXPECT_FALSE(dialogue.over());
    dialogue.received("ok");
    EXPECT_TRUE(dialogue.over());
}

TEST(Dialogue, AFloodIsForgottenAndTheAnswerBehindItFound)
{
    const auto plan = plan_of({Pattern::literal("needle")});
    Dialogue dialogue(plan);
    dialogue.received(std::string(1 << 20, 'x') + "nee");
    dialogue.received("dle");
    EXPECT_TRUE(dialogue.over());
}

TEST(Dialogue, OverWithoutAnAnswerLeavesTheWordToTheInput)
{
    const auto plan = plan_of({Pattern::literal("login:"), "root\n"});
    Dialogue dialogue(plan);
    dialogue.received("login:");
    EXPECT_EQ(dialogue.next_to_send(), "root\n");
    EXPECT_TRUE(dialogue.over());
    EXPECT_FALSE(dialogue.answered());
}

TEST(Dialogue, AMissedAnswerTellsWhatCame)
{
    const auto plan = plan_of({Pattern::literal("PONG")});
    Dialogue dialogue(plan);
    EXPECT_EQ(describe_error(dialogue.missed("the peer ended")),
              "expected 'PONG' but the peer ended; nothing came");
    dialogue.received("-ERR \x1b[31m\n");
    const auto error = dialogue.missed("the peer ended");
    EXPECT_EQ(describe_error(error),
              R"(expected 'PONG' but the peer ended; what came: '-ERR \x1b[31m\n')");
    EXPECT_EQ(error.domain, Domain::Unmet);
}

TEST(Pattern, ExpressionsMatchBytes)
{
    const auto pattern = Pattern::regular("\\xff.\\d", "x");
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern->find("ab\xff\x80"
                            "7z",
                            0),
              (Pattern::Match{.begin = 2, .end = 5}));
    EXPECT_EQ(pattern->find("ab", 0), std::nullopt);
}

TEST(Pattern, ABadExpressionIsAUsageErrorThatQuotesIt)
{
    const auto pattern = Pattern::regular("(", "--expect-re");
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().domain, Domain::Usage);
    EXPECT_EQ(describe_error(pattern.error()), "bad --expect-re '(': missing ): (");
}

} // namespace
} // namespace sockit::THIS_FILE
