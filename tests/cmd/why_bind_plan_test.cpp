#include "cmd/why_bind.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

TEST(WhyBindPlan, IsThePlanOfAServer)
{
    const auto plan =
        plan_why_bind({.words = {"udp:127.0.0.1:53"},
                       .network = {.interface = "lo", .sockopts = {"SO_REUSEPORT=1"}}});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->target.transport, Transport::Udp);
    EXPECT_EQ(plan->target.endpoint->text(), "127.0.0.1:53");
    EXPECT_EQ(plan->socket.interface, "lo");
    EXPECT_EQ(plan->socket.sockopts.size(), 1U);
    const auto bare = plan_why_bind({.words = {"80"}});
    ASSERT_TRUE(bare);
    EXPECT_TRUE(bare->target.any_address);
}

TEST(WhyBindPlan, WrongWordsAreUsageErrors)
{
    EXPECT_EQ(plan_why_bind({}).error().hint,
              "for example sockit sockopts why-bind tcp:0.0.0.0:80");
    for (const auto* word : {"127.1:80", "127.0.0.1:99999", "*:80"}) {
        const auto plan = plan_why_bind({.words = {word}});
        ASSERT_FALSE(plan) << word;
        EXPECT_EQ(plan.error().domain, Domain::Usage);
    }
    EXPECT_FALSE(
        plan_why_bind({.words = {"80"}, .network = {.sockopts = {"SO_REUSEPRT=1"}}}).has_value());
}

} // namespace
} // namespace sockit::THIS_FILE
