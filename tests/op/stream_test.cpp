#include "op/stream.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::THIS_FILE {

namespace {

using test::Pipe;

std::span<const std::byte> bytes_of(const std::string& text)
{
    return std::as_bytes(std::span(text));
}

/// Writes until nothing more is taken; how much that was.
std::size_t fill(Stream& stream)
{
    const std::string text(100000, 'x');
    std::size_t all = 0;
    while (true) {
        const auto written = stream.write(bytes_of(text));
        if (!written || written->would_block())
            return all;
        all += written->bytes;
    }
}

int flags(const Fd& fd) { return ::fcntl(fd.get(), F_GETFL); }

TEST(Stream, AFullPipeDoesNotBlock)
{
    const Pipe pipe;
    const int before = flags(pipe.write);
    Stream stream(pipe.write.ref(), "stdout");
    EXPECT_EQ(stream.kind(), InputKind::Pipe);
    EXPECT_EQ(fill(stream), 65536U);
    EXPECT_EQ(flags(pipe.write), before);
}

TEST(Stream, AnEmptyPipeDoesNotBlock)
{
    Pipe pipe;
    Stream stream(pipe.read.ref(), "stdin");
    std::array<std::byte, 16> buffer{};
    EXPECT_TRUE(stream.read(buffer)->would_block());
    ASSERT_EQ(::write(pipe.write.get(), "abc", 3), 3);
    EXPECT_EQ(stream.read(buffer)->bytes, 3U);
    pipe.write.close();
    EXPECT_TRUE(stream.read(buffer)->end());
}

TEST(Stream, AFullSocketDoesNotBlock)
{
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    const Fd here(pair[0]);
    const Fd there(pair[1]);
    const int before = flags(here);
    Stream stream(here.ref(), "stdout");
    EXPECT_GT(fill(stream), 0U);
    EXPECT_EQ(flags(here), before);
}

// A terminal that polls writable may have room for a few bytes only: a chunk of a page blocked.
TEST(Stream, ATerminalThatNobodyReadsDoesNotBlock)
{
    const Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_EQ(::grantpt(master.get()), 0);
    ASSERT_EQ(::unlockpt(master.get()), 0);
    std::array<char, 64> name{};
    ASSERT_EQ(::ptsname_r(master.get(), name.data(), name.size()), 0);
    const Fd slave(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    const int before = flags(slave);
    Stream stream(slave.ref(), "stdout");
    EXPECT_EQ(stream.kind(), InputKind::Terminal);
    EXPECT_GT(fill(stream), 0U);
    EXPECT_EQ(flags(slave), before);
}

TEST(Stream, FilesAndDevices)
{
    const test::TemporaryDirectory directory;
    const Fd file(::open(directory.path("f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    Stream stream(file.ref(), "file");
    EXPECT_EQ(stream.kind(), InputKind::File);
    EXPECT_EQ(stream.write(bytes_of("abc"))->bytes, 3U);
    std::array<std::byte, 16> buffer{};
    EXPECT_TRUE(stream.read(buffer)->end());
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(Stream(null.ref(), "stdin").read(buffer)->end());
    EXPECT_EQ(Stream(null.ref(), "stdout").write(bytes_of("x")).error().code, EBADF);
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(Stream(full.ref(), "stdout").write(bytes_of("x")).error().code, ENOSPC);
}

TEST(Stream, AReaderThatIsGoneIsAnError)
{
    std::signal(SIGPIPE, SIG_IGN); // as all of sockit does
    Pipe pipe;
    pipe.read.close();
    Stream stream(pipe.write.ref(), "stdout");
    const auto written = stream.write(bytes_of("x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), Error::from_errno(Phase::Output, "write", "stdout", EPIPE));
}

} // namespace

} // namespace sockit::THIS_FILE
