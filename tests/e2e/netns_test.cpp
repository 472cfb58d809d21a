#include "support/schema.h"
#include "tool.h"

namespace sockit::test::THIS_FILE {

namespace {

const std::vector<Words> commands{
    {"listen", "127.0.0.1:0"},
    {"connect", "127.0.0.1:1"},
    {"echo", "server", "127.0.0.1:0"},
    {"echo", "client", "127.0.0.1:1"},
    {"probe", "127.0.0.1:1"},
    {"sockopts", "get", "tcp4"},
    {"stat"},
};

// Most commands put the error of a mistyped namespace on stdout, with a summary.
TEST(Netns, AWordThatNamesNoNamespaceLeavesStdoutEmpty)
{
    for (auto words : commands) {
        words.insert(words.end(), {"--netns", "no-such-namespace", "--jsonl"});
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "") << outcome;
        EXPECT_EQ(outcome.err,
                  "sockit: bad --netns 'no-such-namespace': no such network namespace\n");
    }
}

TEST(Netns, AFileThatIsNoNamespaceIsAUsageError)
{
    const auto outcome = run({"stat", "--netns", "/dev/null", "--json"});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.err, "sockit: bad --netns '/dev/null': not a network namespace\n");
}

TEST(Netns, ANamespaceThatMayNotBeEnteredIsToldInRecords)
{
    for (const auto& words : commands) {
        // From a user namespace of its own it may not enter the one it is in already.
        Words line{"unshare", "--user", sockit_binary()};
        line.insert(line.end(), words.begin(), words.end());
        line.insert(line.end(), {"--netns", "/proc/self/ns/net", "--jsonl"});
        const auto outcome = run_program(line);
        if (outcome.err.starts_with("unshare:"))
            GTEST_SKIP() << outcome.err;
        EXPECT_TRUE(exited(outcome, 5));
        EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
        const auto records = parse_lines(outcome.out);
        ASSERT_EQ(records.size(), 2U) << outcome;
        EXPECT_EQ(records[0]["type"], "error");
        EXPECT_EQ(records[1]["type"], "summary");
    }
}

} // namespace

} // namespace sockit::test::THIS_FILE
