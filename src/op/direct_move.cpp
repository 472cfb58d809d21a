#include "op/direct_move.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

namespace sockit {

namespace {

constexpr std::size_t sendfile_chunk = 4UL << 20U;
constexpr int pipe_size = 1 << 20;

bool takes_more(FdRef fd)
{
    pollfd waiting{.fd = fd.value, .events = POLLOUT, .revents = 0};
    return ::poll(&waiting, 1, 0) != 0;
}

/// Errors that only the connection can have.
bool is_of_connection(int reason)
{
    switch (reason) {
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ENOTCONN: return true;
    default: return false;
    }
}

/// The kernel's answer; EAGAIN does not say which end is meant.
DirectMove conclude(ssize_t moved, int reason, FdRef sink, bool sink_is_socket)
{
    using Kind = DirectMove::Kind;
    if (moved > 0)
        return {.kind = Kind::Moved, .bytes = static_cast<std::size_t>(moved)};
    if (moved == 0)
        return {.kind = Kind::End};
    if (reason == EAGAIN)
        return {.kind = takes_more(sink) ? Kind::SourceEmpty : Kind::SinkFull};
    if (reason == EPIPE)
        return {.kind = sink_is_socket ? Kind::Lost : Kind::NoReader, .error = reason};
    return {.kind = is_of_connection(reason) ? Kind::Lost : Kind::Refused, .error = reason};
}

ssize_t splice_some(FdRef from, FdRef to)
{
    ssize_t moved = 0;
    do
        moved = ::splice(from.value, nullptr, to.value, nullptr, pipe_size,
                         SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (moved < 0 && errno == EINTR);
    return moved;
}

} // namespace

DirectMove send_file(FdRef file, FdRef socket)
{
    ssize_t moved = 0;
    do
        moved = ::sendfile(socket.value, file.value, nullptr, sendfile_chunk);
    while (moved < 0 && errno == EINTR);
    const int reason = errno;
    auto move = conclude(moved, reason, socket, true);
    // Short: the socket is full. (Or the file ends here, which the next call says soon enough.)
    move.sink_full = move.bytes > 0 && move.bytes < sendfile_chunk;
    return move;
}

DirectMove splice_to_socket(FdRef pipe, FdRef socket)
{
    const auto moved = splice_some(pipe, socket);
    const int reason = errno;
    return conclude(moved, reason, socket, true);
}

DirectMove splice_to_pipe(FdRef socket, FdRef pipe)
{
    const auto moved = splice_some(socket, pipe);
    const int reason = errno;
    return conclude(moved, reason, pipe, false);
}

void enlarge_pipe(FdRef pipe)
{
    if (::fcntl(pipe.value, F_GETPIPE_SZ) < pipe_size)
        ::fcntl(pipe.value, F_SETPIPE_SZ, pipe_size);
}

} // namespace sockit
