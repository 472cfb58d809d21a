#include "diag/process_sockets.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

Fd socket_here() { return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

TEST(ProcessSockets, EachIsThereOnceByItsFirstDescriptor)
{
    const Fd own = socket_here();
    const Fd twice(::fcntl(own.get(), F_DUPFD_CLOEXEC, own.get() + 1));
    const auto held = list_held_sockets(::getpid(), std::nullopt);
    ASSERT_TRUE(held) << describe_error(held.error());
    const auto one = list_held_sockets(::getpid(), own.get());
    ASSERT_TRUE(one) << describe_error(one.error());
    ASSERT_EQ(one->size(), 1U);
    EXPECT_EQ(one->front().owner.fd, own.get());
    EXPECT_FALSE(one->front().owner.comm.empty());
    EXPECT_EQ(std::ranges::count(*held, one->front()), 1);
    EXPECT_EQ(std::ranges::count(*held, one->front().inode, &HeldSocket::inode), 1);
}

TEST(ProcessSockets, WhatIsNotThereIsNamed)
{
    const test::Pipe pipe;
    EXPECT_EQ(list_held_sockets(::getpid(), pipe.read.get()).error().code, ENOTSOCK);
    EXPECT_EQ(list_held_sockets(::getpid(), 98765).error().code, EBADF);
    EXPECT_EQ(list_held_sockets(0x7fffffff, std::nullopt).error().code, ESRCH);
    const auto gone = list_held_sockets(0x7fffffff, 3);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ESRCH);
    EXPECT_EQ(gone.error().subject, "pid 2147483647");
}

} // namespace
} // namespace sockit::THIS_FILE
