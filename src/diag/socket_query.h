#pragma once

#include "sock/socket_info.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace sockit {

/// One bit a state: 1 << SocketState.
using StateMask = std::uint32_t;

constexpr StateMask state_bit(SocketState state)
{
    return StateMask{1} << static_cast<unsigned>(state);
}

/// Every state but BOUND-INACTIVE, which belongs to sockets that only ever called bind(2).
constexpr StateMask all_states = state_bit(SocketState::BoundInactive) - 1;

enum class SocketProtocol : std::uint8_t { Tcp, Udp, Unix };

/// Both ends of a connection.
struct SocketPair {
    Endpoint local;
    Endpoint peer;

    bool operator==(const SocketPair&) const = default;
};

/// Which sockets to visit, and how much of each to ask the kernel for.
struct SocketQuery {
    SocketProtocol protocol = SocketProtocol::Tcp;
    int family = 0; ///< AF_INET or AF_INET6; AF_UNIX with SocketProtocol::Unix
    StateMask states = all_states;
    bool tcp_info = false; ///< tcp_info and the name of the congestion control
    bool memory = false;
    bool cgroup = false;
    /// INET_DIAG_REQ_BYTECODE: which sockets of IP the kernel shall leave out. /proc takes no
    /// notice.
    std::vector<std::byte> bytecode = {};
    /// TCP: only this connection is wanted. The kernel finds it without a walk over the others (but
    /// for one bound to a device, for which there is the walk). /proc takes no notice.
    std::optional<SocketPair> exact = std::nullopt;

    bool operator==(const SocketQuery&) const = default;
};

/// Called once a socket. False ends the dump.
using SocketVisitor = std::function<bool(const SocketInfo&)>;

} // namespace sockit
