#include "base/random.h"
#include "op/message_sizes.h"

#include <gtest/gtest.h>

#include <map>

namespace sockit::THIS_FILE {
namespace {

TEST(MessageSizes, AreNamedAsTheUserWritesThem)
{
    EXPECT_EQ(MessageSizes{}.text(), "64");
    EXPECT_EQ((MessageSizes{.ranges = {{1024, 16384}}}.text()), "1024-16384");
    EXPECT_EQ((MessageSizes{.ranges = {{64, 64}, {16384, 16384}, {1, 5}}}.text()), "64,16384,1-5");
}

TEST(MessageSizes, EveryChoiceComesAboutEquallyOften)
{
    const MessageSizes sizes{.ranges = {{10, 10}, {20, 23}}};
    std::map<std::uint32_t, int> seen;
    constexpr int tries = 80'000;
    for (std::uint64_t i = 0; i < tries; ++i)
        ++seen[sizes.pick(mix(i))];
    ASSERT_EQ(seen.size(), 5U);
    EXPECT_NEAR(seen[10], tries / 2, tries / 50);
    for (const std::uint32_t size : {20U, 21U, 22U, 23U})
        EXPECT_NEAR(seen[size], tries / 8, tries / 50);
}

TEST(MessageSizes, TheSameBitsChooseTheSameSize)
{
    const MessageSizes sizes{.ranges = {{1, 1'000'000}}};
    EXPECT_EQ(sizes.pick(12345), sizes.pick(12345));
}

} // namespace
} // namespace sockit::THIS_FILE
