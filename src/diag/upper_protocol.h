#pragma once

#include "sock/socket_info.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace sockit {

// Attributes of inet_diag for what lives on top of a socket, and for its flags.

/// INET_DIAG_ULP_INFO: what was put on top of a TCP connection (TCP_ULP), with the state of a
/// tls(7) one or of an MPTCP subflow. Source: include/uapi/linux/{inet_diag,tls,mptcp}.h.
void decode_upper_protocol(std::span<const std::byte> payload, SocketInfo& info);

/// struct mptcp_info (include/uapi/linux/mptcp.h) like tcp_info: as many members as are there
/// whole, without `mptcpi_`.
void decode_mptcp_info(std::span<const std::byte> payload, std::vector<TcpInfoField>& fields);

/// struct inet_diag_sockopt as bits, its first member as bit 0 whatever the byte order.
std::optional<std::uint16_t> decode_inet_options(std::span<const std::byte> payload);

} // namespace sockit
