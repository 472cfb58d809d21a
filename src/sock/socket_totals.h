#pragma once

#include <cstdint>
#include <optional>

namespace sockit {

/// Sockets of one kind in a network namespace, by IP version; nullopt: the kernel does not say.
struct TotalByVersion {
    std::optional<std::uint64_t> v4;
    std::optional<std::uint64_t> v6;

    bool operator==(const TotalByVersion&) const = default;
};

/// What the kernel counts all the time anyway: of the network namespace, unless it says otherwise.
/// nullopt: the kernel does not say.
struct SocketTotals {
    std::optional<std::uint64_t> sockets; ///< of every family
    TotalByVersion tcp;                   ///< bound or connected, without TIME-WAIT
    TotalByVersion udp;
    TotalByVersion udplite;
    TotalByVersion raw;
    TotalByVersion fragments; ///< queues of datagrams that wait for the rest of them
    std::optional<std::uint64_t> tcp_established; ///< ESTAB and CLOSE-WAIT
    std::optional<std::uint64_t> tcp_orphaned;    ///< no process has them any more
    std::optional<std::uint64_t> tcp_time_wait;
    std::optional<std::uint64_t> tcp_allocated; ///< in every state and namespace of the host
    std::optional<std::uint64_t> tcp_memory;    ///< bytes, of the whole host
    std::optional<std::uint64_t> udp_memory;

    bool operator==(const SocketTotals&) const = default;
};

} // namespace sockit
