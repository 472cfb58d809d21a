#pragma once

#include "diag/socket_query.h"

#include <cstdint>
#include <string_view>

namespace sockit {

// What sock_diag and /proc/net have in common.

/// Empties the object and keeps what it has allocated.
void reset(SocketInfo& info);

/// By the number that inet_diag_msg and the column `tr` of /proc/net/tcp share
/// (net/ipv4/inet_diag.c, tcp_ipv4.c), spelled as ss does.
std::string_view timer_name(std::uint64_t number);

/// tcp, udp, raw, mptcp; empty for others.
std::string_view inet_netid(SocketProtocol protocol);
/// u_str, u_dgr, u_seq; empty for any other SOCK_*.
std::string_view unix_netid(std::uint64_t type);
/// p_raw, p_dgr; empty for any other SOCK_*.
std::string_view packet_netid(std::uint64_t type);
/// v_str, v_dgr, v_seq; empty for any other SOCK_*.
std::string_view vsock_netid(std::uint64_t type);

/// Whether the query asks for sockets of its type.
bool has_wanted_type(const SocketInfo& info, const SocketQuery& query);

/// From the bytes of sun_path; a leading NUL makes an abstract name.
Endpoint unix_endpoint(std::string_view sun_path);

/// The other end as the kernel names it; nothing for address and port 0, which is not connected.
std::optional<Endpoint> connected_peer(const Endpoint& peer);

} // namespace sockit
