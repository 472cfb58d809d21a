#include "sock/io.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit {

namespace {

Result<Transfer> outcome(ssize_t moved, int reason, std::size_t asked, Phase phase,
                         std::string_view call, std::string_view subject)
{
    if (moved > 0)
        return Transfer{.kind = Transfer::Kind::Moved, .bytes = static_cast<std::size_t>(moved)};
    if (moved == 0)
        return Transfer{.kind = asked == 0 ? Transfer::Kind::Moved : Transfer::Kind::End};
    if (reason == EAGAIN)
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    return Failure(Error::from_errno(phase, call, subject, reason));
}

template <class Call>
ssize_t retry(Call call)
{
    ssize_t moved = 0;
    do
        moved = call();
    while (moved < 0 && errno == EINTR);
    return moved;
}

} // namespace

Result<Transfer> read_some(FdRef fd, std::span<std::byte> buffer, std::string_view subject)
{
    const auto moved = retry([&] { return ::read(fd.value, buffer.data(), buffer.size()); });
    return outcome(moved, errno, buffer.size(), Phase::Receive, "read", subject);
}

Result<Transfer> write_some(FdRef fd, std::span<const std::byte> bytes, std::string_view subject)
{
    const auto moved = retry([&] { return ::write(fd.value, bytes.data(), bytes.size()); });
    return outcome(moved, errno, bytes.size(), Phase::Output, "write", subject);
}

Result<Transfer> receive_some(FdRef socket, std::span<std::byte> buffer, std::string_view subject)
{
    const auto moved =
        retry([&] { return ::recv(socket.value, buffer.data(), buffer.size(), MSG_DONTWAIT); });
    return outcome(moved, errno, buffer.size(), Phase::Receive, "recv", subject);
}

Result<Transfer> send_some(FdRef socket, std::span<const std::byte> bytes, std::string_view subject)
{
    const auto moved = retry([&] {
        return ::send(socket.value, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    });
    return outcome(moved, errno, bytes.size(), Phase::Send, "send", subject);
}

Result<Transfer> send_gathered(FdRef socket, std::span<const std::span<const std::byte>> pieces,
                               std::string_view subject)
{
    std::array<iovec, most_gathered> vectors{};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = std::min(pieces.size(), vectors.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
        vectors[i] = {.iov_base = const_cast<std::byte*>(pieces[i].data()),
                      .iov_len = pieces[i].size()};
        size += pieces[i].size();
    }
    const auto moved =
        retry([&] { return ::sendmsg(socket.value, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
    return outcome(moved, errno, size, Phase::Send, "sendmsg", subject);
}

Result<> write_all(FdRef fd, std::string_view bytes, std::string_view subject)
{
    auto rest = std::as_bytes(std::span(bytes));
    while (!rest.empty()) {
        const auto written = TRY(write_some(fd, rest, subject));
        if (written.would_block()) {
            pollfd waiting{.fd = fd.value, .events = POLLOUT, .revents = 0};
            ::poll(&waiting, 1, -1);
        }
        rest = rest.subspan(written.bytes);
    }
    return {};
}

} // namespace sockit
