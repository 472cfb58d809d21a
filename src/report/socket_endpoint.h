#pragma once

#include "report/fields.h"
#include "sock/socket_info.h"

#include <string>
#include <string_view>

namespace sockit {

// The ends of a socket that was found, for people and machines. Interfaces go by the name they have
// in the socket's own namespace, else by their number.

/// The device the socket is bound to; empty: none.
std::string interface_text(const SocketInfo& info);

/// EP of the contract, with the protocol of a packet or netlink socket.
void add_socket_endpoint(Fields& fields, std::string_view key, const SocketInfo& info,
                         const Endpoint& endpoint);

/// "ip", "lldp"…, "rtnl"…, a number without a name; "all" for every ETH_P_*.
std::string socket_protocol_text(const SocketInfo& info);

/// As ss prints them, appended: `127.0.0.1:80`, `ip:eth0` and `*:*` of packet sockets,
/// `rtnl:kernel` and `genl:4711` of netlink sockets, `2:1024` of vsock. `service` stands for the
/// port and `name` for an address of IP unless they are empty. Not for unix sockets.
void append_socket_endpoint(std::string& out, const SocketInfo& info, const Endpoint& endpoint,
                            std::string_view service, std::string_view name);

} // namespace sockit
