#include "cmd/echo_files.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

EchoLoad planned(const EchoFilesArgs& files, bool watching, std::optional<Duration> asked)
{
    EchoLoad load;
    load.interval = asked;
    load.tell_intervals = asked.has_value();
    plan_echo_intervals(load, files, watching);
    return load;
}

TEST(EchoFilesPlan, NobodyWhoLooksNoIntervals) { EXPECT_EQ(planned({}, false, {}), EchoLoad{}); }

TEST(EchoFilesPlan, FilesAndTerminalsLookOnceASecond)
{
    for (const auto& load : {planned({.hlog = "x"}, false, {}), planned({.html = "x"}, false, {}),
                             planned({}, true, {})}) {
        EXPECT_EQ(load.interval, 1s);
        EXPECT_FALSE(load.tell_intervals);
    }
}

TEST(EchoFilesPlan, WhatIsAskedForHolds)
{
    const auto load = planned({.html = "x"}, false, 100ms);
    EXPECT_EQ(load.interval, 100ms);
    EXPECT_TRUE(load.tell_intervals);
}

TEST(EchoFilesPlan, OnATerminalTheyAreProgressAndNoRecords)
{
    const auto load = planned({}, true, 100ms);
    EXPECT_EQ(load.interval, 100ms);
    EXPECT_FALSE(load.tell_intervals);
}

TEST(EchoFilesPlan, OneFileIsNotForBoth)
{
    EXPECT_TRUE(check_echo_files({.hlog = "x", .html = "y"}));
    EXPECT_FALSE(check_echo_files({.hlog = "x", .html = "x"}));
}

TEST(EchoFiles, IntervalsThatNobodyAskedForAreForTheFilesOnly)
{
    for (const bool asked : {false, true})
        for (const bool watching : {false, true}) {
            int told = 0;
            const Emit emit = [&](const Event&) {
                ++told;
                return true;
            };
            const auto ending =
                with_echo_files({}, watching, emit, [&](const Emit& all) -> Result<Ending> {
                    EXPECT_TRUE(all(EchoInterval{.asked = asked}));
                    return Ending{};
                });
            EXPECT_TRUE(ending);
            EXPECT_EQ(told, asked || watching ? 1 : 0);
        }
}

} // namespace
} // namespace sockit::THIS_FILE
