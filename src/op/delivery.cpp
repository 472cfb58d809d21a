#include "op/delivery.h"

#include <algorithm>
#include <cerrno>

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace sockit {

Result<std::uint64_t> unacknowledged(const Socket& socket, bool fin_sent)
{
    if (socket.family() == AF_UNIX)
        return 0;
    int queued = 0;
    if (::ioctl(socket.ref().value, SIOCOUTQ, &queued) < 0)
        return Failure(Error::from_errno(Phase::Send, "ioctl SIOCOUTQ", "", errno));
    const int fin = fin_sent ? 1 : 0;
    return static_cast<std::uint64_t>(std::max(queued - fin, 0));
}

Result<> await_delivery(OpLoop& loop, const Socket& socket, const Endpoint& peer,
                        std::optional<Duration> idle_timeout)
{
    // The kernel wakes nobody for an acknowledgement, so look again, less and less often.
    constexpr Duration longest = std::chrono::milliseconds(50);
    Duration pause = std::chrono::milliseconds(1);
    auto idle = Deadline::after(idle_timeout);
    std::uint64_t before = 0;
    while (true) {
        TRY(connection_error(socket, Phase::Send, "send", peer));
        const auto left = TRY(unacknowledged(socket, true));
        if (left == 0 || loop.stopped())
            return {};
        if (left != before)
            idle = Deadline::after(idle_timeout);
        else if (idle.passed())
            return Failure(idle_too_long(peer));
        before = left;
        TRY(loop.wait(sooner(Deadline::after(pause), idle)));
        pause = std::min(pause * 2, longest);
    }
}

Result<> connection_error(const Socket& socket, Phase phase, std::string_view call,
                          const Endpoint& peer)
{
    const int code = TRY(socket.get_option(SOL_SOCKET, SO_ERROR, "SO_ERROR"));
    if (code != 0)
        return Failure(Error::from_errno(phase, call, peer.text(), code));
    return {};
}

Error idle_too_long(const Endpoint& peer)
{
    Error error = Error::from_errno(Phase::Receive, "recv", peer.text(), ETIMEDOUT);
    error.detail = "nothing moved for as long as --idle-timeout allows";
    return error;
}

} // namespace sockit
