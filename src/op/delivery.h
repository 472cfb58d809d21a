#pragma once

#include "base/deadline.h"
#include "sock/socket.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// How many of the bytes handed to the kernel the peer's kernel has not acknowledged (SIOCOUTQ,
/// tcp(7)); `fin_sent`: our FIN counts as one in the kernel's figure and not in ours. A unix socket
/// hands everything to the peer at once: 0.
Result<std::uint64_t> unacknowledged(const Socket& socket, bool fin_sent);

/// The wait until every byte is acknowledged, after our FIN or before it. The kernel wakes nobody
/// for an acknowledgement, so it is asked again, less and less often.
class Delivery {
public:
    Delivery(const Socket& socket, const Endpoint& peer, std::optional<Duration> idle_timeout,
             bool fin_sent = true);

    /// Whether everything has arrived. Errors: the connection was reset (Phase::Send), or
    /// `idle_timeout` passed without progress (ETIMEDOUT).
    Result<bool> check();
    /// When to ask again.
    [[nodiscard]] Deadline next() const { return m_next; }

private:
    const Socket& m_socket;
    const Endpoint& m_peer;
    std::optional<Duration> m_idle_timeout;
    bool m_fin_sent;
    Deadline m_idle;
    Deadline m_next;
    Duration m_pause;
    std::uint64_t m_before = 0;
};

/// Takes SO_ERROR: what ended the connection, if anything did.
Result<> connection_error(const Socket& socket, Phase phase, std::string_view call,
                          const Endpoint& peer);

/// Nothing moved for as long as --idle-timeout allows.
Error idle_too_long(const Endpoint& peer);

} // namespace sockit
