#include "op/stream.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace sockit {

namespace {

InputKind input_kind(FdRef fd)
{
    struct stat status{};
    if (::fstat(fd.value, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
        return InputKind::File;
    return ::isatty(fd.value) == 1 ? InputKind::Terminal : InputKind::Pipe;
}

bool is_a_fifo(FdRef fd)
{
    struct stat status{};
    return ::fstat(fd.value, &status) == 0 && S_ISFIFO(status.st_mode);
}

/// The call's outcome; nothing when the file knows no RWF_NOWAIT (terminals, many devices, pipes
/// before Linux 6.4).
std::optional<Result<Transfer>> outcome(ssize_t moved, int reason, Phase phase,
                                        std::string_view call, std::string_view subject)
{
    if (moved > 0)
        return Transfer{.kind = Transfer::Kind::Moved, .bytes = static_cast<std::size_t>(moved)};
    if (moved == 0)
        return Transfer{.kind = Transfer::Kind::End};
    if (reason == EAGAIN)
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    if (reason == EOPNOTSUPP || reason == ENOSYS || reason == EINVAL)
        return std::nullopt;
    return Failure(Error::from_errno(phase, call, subject, reason));
}

/// The same file, opened anew without blocking: an open file of our own, with flags of its own.
/// Nothing without /proc.
std::shared_ptr<const Fd> reopen(FdRef fd)
{
    const auto path = "/proc/self/fd/" + std::to_string(fd.value);
    Fd own(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    return own.valid() ? std::make_shared<const Fd>(std::move(own)) : nullptr;
}

} // namespace

Stream::Stream(FdRef fd, std::string name)
    : m_fd(fd), m_name(std::move(name)), m_kind(input_kind(fd)), m_fifo(is_a_fifo(fd)),
      m_no_wait(m_kind != InputKind::File)
{}

Result<Transfer> Stream::read(std::span<std::byte> buffer)
{
    if (m_no_wait) {
        const iovec vector{.iov_base = buffer.data(), .iov_len = buffer.size()};
        ssize_t moved = 0;
        do
            moved = ::preadv2(m_fd.value, &vector, 1, -1, RWF_NOWAIT);
        while (moved < 0 && errno == EINTR);
        if (auto result = outcome(moved, errno, Phase::Receive, "read", m_name))
            return *std::move(result);
        m_no_wait = false;
    }
    if (m_kind != InputKind::File && !is_ready(POLLIN))
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    return read_some(m_fd, buffer, m_name);
}

Result<Transfer> Stream::write(std::span<const std::byte> bytes)
{
    if (m_no_wait) {
        // writev(2) takes what it does not change through a pointer to non-const.
        const iovec vector{.iov_base = const_cast<std::byte*>(bytes.data()),
                           .iov_len = bytes.size()};
        ssize_t moved = 0;
        do
            moved = ::pwritev2(m_fd.value, &vector, 1, -1, RWF_NOWAIT);
        while (moved < 0 && errno == EINTR);
        if (auto result = outcome(moved, errno, Phase::Output, "write", m_name))
            return *std::move(result);
        m_no_wait = false;
        if (m_kind == InputKind::Terminal)
            m_terminal = reopen(m_fd);
    }
    return m_kind == InputKind::File ? write_some(m_fd, bytes, m_name) : write_unhurried(bytes);
}

/// Without RWF_NOWAIT.
Result<Transfer> Stream::write_unhurried(std::span<const std::byte> bytes)
{
    // A terminal that polls writable may have room for less than any chunk.
    if (m_terminal)
        return write_some(m_terminal->ref(), bytes, m_name);
    if (!is_ready(POLLOUT))
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    // pipe(7): what polls writable takes so much without blocking.
    return write_some(m_fd, bytes.first(std::min<std::size_t>(bytes.size(), PIPE_BUF)), m_name);
}

bool Stream::is_ready(short events) const
{
    pollfd waiting{.fd = m_fd.value, .events = events, .revents = 0};
    int ready = 0;
    do
        ready = ::poll(&waiting, 1, 0);
    while (ready < 0 && errno == EINTR);
    return ready != 0; // where poll() fails, the transfer itself will tell
}

} // namespace sockit
