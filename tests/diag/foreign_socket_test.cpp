#include "diag/foreign_socket.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

std::uint64_t inode_of(const Fd& fd)
{
    struct stat status{};
    EXPECT_EQ(::fstat(fd.get(), &status), 0);
    return status.st_ino;
}

Fd socket_here() { return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

TEST(ForeignSocket, TheDuplicateIsTheSameSocket)
{
    const Fd own = socket_here();
    const auto duplicate = duplicate_foreign_socket(::getpid(), own.get(), inode_of(own));
    ASSERT_TRUE(duplicate) << describe_error(duplicate.error());
    EXPECT_NE(duplicate->get(), own.get());
    EXPECT_EQ(inode_of(*duplicate), inode_of(own));
    const int on = 1;
    ASSERT_EQ(::setsockopt(own.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), 0);
    int seen = 0;
    socklen_t size = sizeof seen;
    ASSERT_EQ(::getsockopt(duplicate->get(), SOL_SOCKET, SO_KEEPALIVE, &seen, &size), 0);
    EXPECT_EQ(seen, 1);
}

TEST(ForeignSocket, ADescriptorThatBecameAnotherFileIsRefused)
{
    const Fd own = socket_here();
    const Fd other = socket_here();
    EXPECT_EQ(duplicate_foreign_socket(::getpid(), own.get(), inode_of(other)).error().code,
              ESTALE);
    const test::Pipe pipe;
    EXPECT_EQ(duplicate_foreign_socket(::getpid(), pipe.read.get(), inode_of(own)).error().code,
              ENOTSOCK);
}

TEST(ForeignSocket, WhatIsGoneIsNamed)
{
    const Fd own = socket_here();
    const auto closed = duplicate_foreign_socket(::getpid(), 987, inode_of(own));
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, EBADF);
    EXPECT_EQ(closed.error().subject, "pid " + std::to_string(::getpid()) + " fd 987");
    EXPECT_EQ(duplicate_foreign_socket(0x7fffffff, 3, 1).error().code, ESRCH);
}

} // namespace
} // namespace sockit::THIS_FILE
