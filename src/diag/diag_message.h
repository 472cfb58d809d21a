#pragma once

#include "diag/cgroup_names.h"
#include "diag/socket_query.h"

#include <cstddef>
#include <optional>
#include <span>

namespace sockit {

/// A message of sock_diag(7) as a SocketInfo, every member of which is set anew. False when the
/// bytes are too few for one. Attributes that are cut or unknown are as if they were not there.
/// Source: include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c.
bool decode_inet_diag(std::span<const std::byte> payload, const SocketQuery& query,
                      CgroupNames& cgroups, SocketInfo& info);

/// The same for unix sockets. Source: include/uapi/linux/unix_diag.h, net/unix/diag.c.
bool decode_unix_diag(std::span<const std::byte> payload, SocketInfo& info);

/// The same for packet sockets, with their queues. Source: include/uapi/linux/packet_diag.h.
bool decode_packet_diag(std::span<const std::byte> payload, const SocketQuery& query,
                        SocketInfo& info);

/// The same for netlink sockets; the kernel tells no user. Source:
/// include/uapi/linux/netlink_diag.h.
bool decode_netlink_diag(std::span<const std::byte> payload, const SocketQuery& query,
                         SocketInfo& info);

/// The same for vsock sockets; the kernel tells neither queues nor a user. Source:
/// include/uapi/linux/vm_sockets_diag.h.
bool decode_vsock_diag(std::span<const std::byte> payload, SocketInfo& info);

/// The two halves of a cookie, the lower one first.
std::uint64_t join_cookie(const std::uint32_t (&halves)[2]);

/// What every socket's memory tells of its queues and drops; kept as a whole if `wanted`.
void set_memory(const SocketMemory& memory, bool wanted, SocketInfo& info);

/// The array of SK_MEMINFO_* (include/uapi/linux/sock_diag.h); nothing where it is shorter than
/// the one we know.
std::optional<SocketMemory> decode_memory(std::span<const std::byte> payload);

} // namespace sockit
