#include "diag/process_details.h"
#include "support/proc_root.h"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using std::chrono::system_clock;

TEST(ProcessDetails, OfThisProcess)
{
    const auto details = ProcessDetailsReader("/proc").read(::getpid());
    EXPECT_NE(details.command.find("test_diag"), std::string::npos) << details.command;
    ASSERT_TRUE(details.started);
    const auto age = system_clock::now() - *details.started;
    EXPECT_GT(age, -std::chrono::seconds(2)); // the kernel tells its start in whole seconds
    EXPECT_LT(age, std::chrono::hours(1));
}

TEST(ProcessDetails, ArgumentsWithSpacesBetweenAndANameThatLooksLikeTheRest)
{
    const ProcRoot root;
    root.write("stat", "cpu 1 2 3\nbtime 1000\nprocesses 1\n");
    root.write("7/cmdline", std::string_view("a\0b c\0\xff\0", 8));
    root.write("7/stat", "7 (x) S (y)\n) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 " +
                             std::to_string(5 * ::sysconf(_SC_CLK_TCK)) + " 1 1");
    const auto details = ProcessDetailsReader(root.path()).read(7);
    EXPECT_EQ(details.command, "a b c \xff");
    EXPECT_EQ(details.started, system_clock::time_point(std::chrono::seconds(1005)));
}

TEST(ProcessDetails, OfNobody)
{
    const ProcRoot root;
    root.write("8/stat", "8 (cut) S 1 2");
    for (const int pid : {7, 8}) {
        const auto details = ProcessDetailsReader(root.path()).read(pid);
        EXPECT_EQ(details.command, "");
        EXPECT_EQ(details.started, std::nullopt);
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
