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

/// The array of SK_MEMINFO_* (include/uapi/linux/sock_diag.h); nothing where it is shorter than
/// the one we know.
std::optional<SocketMemory> decode_memory(std::span<const std::byte> payload);

} // namespace sockit
