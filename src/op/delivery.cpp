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

Delivery::Delivery(const Socket& socket, const Endpoint& peer, std::optional<Duration> idle_timeout,
                   bool fin_sent)
    : m_socket(socket), m_peer(peer), m_idle_timeout(idle_timeout), m_fin_sent(fin_sent),
      m_idle(Deadline::after(idle_timeout)), m_pause(std::chrono::milliseconds(1))
{}

Result<bool> Delivery::check()
{
    constexpr Duration longest = std::chrono::milliseconds(50);
    TRY(connection_error(m_socket, Phase::Send, "send", m_peer));
    const auto left = TRY(unacknowledged(m_socket, m_fin_sent));
    if (left == 0)
        return true;
    if (left != m_before)
        m_idle = Deadline::after(m_idle_timeout);
    else if (m_idle.passed())
        return Failure(idle_too_long(m_peer));
    m_before = left;
    m_next = sooner(Deadline::after(m_pause), m_idle);
    m_pause = std::min(m_pause * 2, longest);
    return false;
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
