#include "base/fd.h"

#include <gtest/gtest.h>

#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(Fd, ClosesAtTheEndOfItsLife)
{
    int number = -1;
    {
        const Fd fd(::dup(STDERR_FILENO));
        number = fd.get();
        ASSERT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovingHandsItOnAndClosesWhatWasThere)
{
    Fd first(::dup(STDERR_FILENO));
    Fd second(::dup(STDERR_FILENO));
    const std::array numbers{first.get(), second.get()};
    second = std::move(first);
    EXPECT_EQ(second.get(), numbers[0]);
    EXPECT_TRUE(is_open(numbers[0]));
    EXPECT_FALSE(is_open(numbers[1]));
    EXPECT_FALSE(first.valid()); // NOLINT(bugprone-use-after-move): its emptiness is the contract
}

TEST(Fd, ReleaseGivesUpWithoutClosing)
{
    Fd fd(::dup(STDERR_FILENO));
    const Fd again(fd.release());
    EXPECT_FALSE(fd.valid());
    EXPECT_TRUE(is_open(again.get()));
    EXPECT_EQ(fd.ref(), FdRef{});
}

} // namespace
} // namespace sockit::THIS_FILE
