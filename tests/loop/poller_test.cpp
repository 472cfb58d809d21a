#include "loop/poller.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

constexpr Interest reading{.read = true};
constexpr Interest writing{.write = true};

/// What is ready for `token` within a time that no healthy test needs.
Ready ready_for(Poller& poller, std::uint64_t token, Duration patience = 20s)
{
    const auto ready = poller.wait(Deadline::after(patience));
    EXPECT_TRUE(ready);
    for (const auto& one : *ready)
        if (one.token == token)
            return one;
    return {};
}

TEST(Poller, ReportsWithTheTokenUntilItIsRead)
{
    auto poller = Poller::open().value();
    const test::Pipe pipe;
    ASSERT_TRUE(poller.add(pipe.read.ref(), 42, reading));
    EXPECT_TRUE(poller.wait(Deadline::after(1ms))->empty());
    ASSERT_EQ(::write(pipe.write.get(), "ab", 2), 2);
    EXPECT_TRUE(ready_for(poller, 42).readable);
    char byte = 0;
    ASSERT_EQ(::read(pipe.read.get(), &byte, 1), 1);
    EXPECT_TRUE(ready_for(poller, 42).readable) << "level-triggered: one byte is left";
    ASSERT_EQ(::read(pipe.read.get(), &byte, 1), 1);
    EXPECT_TRUE(poller.wait(Deadline::after(1ms))->empty());
}

TEST(Poller, WaitsForItsDeadlineAndNoLonger)
{
    auto poller = Poller::open().value();
    const auto before = Clock::now();
    EXPECT_TRUE(poller.wait(Deadline::after(20ms))->empty());
    EXPECT_GE(Clock::now() - before, 20ms);
}

TEST(Poller, TellsHangupAndErrorWhateverTheInterest)
{
    auto poller = Poller::open().value();
    test::Pipe first;
    ASSERT_TRUE(poller.add(first.read.ref(), 1, {}));
    first.write.close();
    EXPECT_TRUE(ready_for(poller, 1).hangup);
    poller.remove(first.read.ref());

    test::Pipe second;
    ASSERT_TRUE(poller.add(second.write.ref(), 2, {}));
    second.read.close();
    EXPECT_TRUE(ready_for(poller, 2).error) << "a pipe whose reader is gone";
}

TEST(Poller, InterestCanChange)
{
    auto poller = Poller::open().value();
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Fd ours(ends[0]);
    const Fd theirs(ends[1]);
    ASSERT_TRUE(poller.add(ours.ref(), 7, reading));
    EXPECT_TRUE(poller.wait(Deadline::after(1ms))->empty());
    ASSERT_TRUE(poller.modify(ours.ref(), 8, writing));
    EXPECT_TRUE(ready_for(poller, 8).writable);
    poller.remove(ours.ref());
    EXPECT_TRUE(poller.wait(Deadline::after(1ms))->empty());
}

TEST(Poller, FilesThatEpollRefusesAreAlwaysReady)
{
    auto poller = Poller::open().value();
    const test::TemporaryDirectory directory;
    test::write_file(directory.path("file"), "x");
    const Fd file(::open(directory.path("file").c_str(), O_RDWR | O_CLOEXEC));
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(poller.add(file.ref(), 1, reading));
    ASSERT_TRUE(poller.add(null.ref(), 2, writing));
    EXPECT_TRUE(ready_for(poller, 1).readable);
    EXPECT_FALSE(ready_for(poller, 1).writable);
    EXPECT_TRUE(ready_for(poller, 2).writable);
    ASSERT_TRUE(poller.modify(file.ref(), 3, {}));
    ASSERT_TRUE(poller.modify(null.ref(), 4, {}));
    EXPECT_TRUE(poller.wait(Deadline::after(1ms))->empty()) << "not when nothing is wanted";
    ASSERT_TRUE(poller.modify(file.ref(), 5, writing));
    EXPECT_TRUE(ready_for(poller, 5).writable);
    poller.remove(file.ref());
    poller.remove(null.ref());
    EXPECT_TRUE(poller.wait(Deadline::after(1ms))->empty());
}

TEST(Poller, AFileNeverStarvesASocket)
{
    auto poller = Poller::open().value();
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const test::Pipe pipe;
    ASSERT_TRUE(poller.add(null.ref(), 1, reading));
    ASSERT_TRUE(poller.add(pipe.read.ref(), 2, reading));
    ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
    EXPECT_TRUE(ready_for(poller, 2).readable);
}

TEST(Poller, AddingTwiceOrAClosedOneIsAnError)
{
    auto poller = Poller::open().value();
    const test::Pipe pipe;
    ASSERT_TRUE(poller.add(pipe.read.ref(), 1, reading));
    const auto again = poller.add(pipe.read.ref(), 1, reading);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, EEXIST);
    const auto closed = poller.add({9999}, 1, reading);
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, EBADF);
    poller.remove({9999});
}

} // namespace
} // namespace sockit::THIS_FILE
