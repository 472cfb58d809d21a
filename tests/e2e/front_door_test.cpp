#include "support/run.h"

namespace sockit::test::THIS_FILE {
namespace {

TEST(FrontDoor, VersionStartsWithNameAndNumber)
{
    const auto outcome = run({"--version"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out.starts_with("sockit 0.")) << outcome;
    EXPECT_EQ(outcome.err, "") << outcome;
}

TEST(FrontDoor, WithoutWordsTheHelpGoesToStderr)
{
    const auto outcome = run({});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.out, "") << outcome;
    EXPECT_NE(outcome.err.find("Usage:"), std::string::npos) << outcome;
}

TEST(FrontDoor, UnknownOptionNamesTheNearest)
{
    const auto outcome = run({"--versoin"});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.out, "") << outcome;
    EXPECT_EQ(outcome.err, "sockit: unknown option '--versoin'\nhint: did you mean --version?\n")
        << outcome;
}

TEST(FrontDoor, UnknownCommandIsEscapedAndCut)
{
    const auto outcome = run({"\033[2J" + std::string(200, 'x')});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.err, "sockit: unknown command '\\x1b[2J" + std::string(57, 'x') +
                               "…'\nhint: sockit --help lists them\n")
        << outcome;
}

} // namespace
} // namespace sockit::test::THIS_FILE
