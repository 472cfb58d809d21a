#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sockit::THIS_FILE {
namespace {

constexpr std::array<std::string_view, 6> commands{"listen", "connect",  "echo",
                                                   "probe",  "sockopts", "stat"};

TEST(Suggest, DistanceCountsInsertionsDeletionsReplacementsAndSwaps)
{
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("listen", "lisen"), 1U);
    EXPECT_EQ(edit_distance("probe", "prove"), 1U);
    EXPECT_EQ(edit_distance("stat", "satt"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("SO_RCVBUF", "so_rcvbuf"), 0U);
}

TEST(Suggest, FindsTheCommandThatWasMeant)
{
    EXPECT_EQ(nearest("lisetn", commands), "listen");
    EXPECT_EQ(nearest("conect", commands), "connect");
    EXPECT_EQ(nearest("PROBE", commands), "probe");
    EXPECT_EQ(nearest("sta", commands), "stat");
}

TEST(Suggest, OffersNothingForAWordThatMeansNoneOfThem)
{
    EXPECT_EQ(nearest("", commands), std::nullopt);
    EXPECT_EQ(nearest("frobnicate", commands), std::nullopt);
    EXPECT_EQ(nearest("x", commands), std::nullopt);
    EXPECT_EQ(nearest(std::string(100'000, 'a'), commands), std::nullopt);
    EXPECT_EQ(nearest("listen", {}), std::nullopt);
}

TEST(Suggest, TheFirstOfSeveralEquallyNearWins)
{
    constexpr std::array<std::string_view, 2> names{"cat", "car"};
    EXPECT_EQ(nearest("cab", names), "cat");
}

} // namespace
} // namespace sockit::THIS_FILE
