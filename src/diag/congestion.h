#pragma once

#include "sock/socket_info.h"

#include <cstddef>
#include <span>

namespace sockit {

// What a congestion control tells of its state (union tcp_cc_info of
// include/uapi/linux/inet_diag.h, sent when INET_DIAG_VEGASINFO is asked for). Too few bytes are as
// if there were none.

/// Also illinois and others that speak of round trips.
void decode_vegas(std::span<const std::byte> payload, SocketInfo& info);
void decode_dctcp(std::span<const std::byte> payload, SocketInfo& info);
/// The gains are fixed-point numbers with 8 fractional bits, as in the kernel.
void decode_bbr(std::span<const std::byte> payload, SocketInfo& info);

} // namespace sockit
