#include "cmd/probe_targets.h"
#include "support/run.h"

namespace sockit::test::THIS_FILE {
namespace {

TEST(PlanProbeTargets, FilesStandInForWords)
{
    EXPECT_FALSE(plan_probe_targets({}, {}));
    EXPECT_EQ(plan_probe_targets({}, {.files = {"-"}})->size(), 0U);
    EXPECT_EQ(plan_probe_targets({"a:1", "b:2"}, {.files = {"x", "-"}})->size(), 2U);
    EXPECT_FALSE(plan_probe_targets({"a:x y"}, {.files = {"x"}}));
    const auto twice = plan_probe_targets({"a:1"}, {.files = {"-", "x", "-"}});
    ASSERT_FALSE(twice);
    EXPECT_EQ(message(twice.error()), "--targets-from -: stdin can be read only once");
}

TEST(PlanProbeTargets, WhatFilesHaveComesBehindTheWords)
{
    const TemporaryDirectory directory;
    write_file(directory.path("one"), "c:3\n");
    write_file(directory.path("none"), "#\n");
    auto targets = plan_probe_targets({"a:1"}, {}).value();
    ASSERT_TRUE(add_listed_targets(targets, {}));
    ASSERT_TRUE(
        add_listed_targets(targets, {.files = {directory.path("none"), directory.path("one")}}));
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(targets[1].target.text, "c:3");
    std::vector<TargetGroup> nothing;
    const auto empty = add_listed_targets(nothing, {.files = {directory.path("none")}});
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().domain, Domain::Usage);
    const auto missing = add_listed_targets(nothing, {.files = {directory.path("other")}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().domain, Domain::Errno);
}

} // namespace
} // namespace sockit::test::THIS_FILE
