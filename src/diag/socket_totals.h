#pragma once

#include "base/result.h"
#include "sock/socket_totals.h"

#include <string>

namespace sockit {

/// The kernel's own counts, in a time that does not depend on how many sockets there are: net/
/// sockstat, sockstat6 and snmp below `proc_root` (proc(5); net/ipv4/proc.c). Without IPv6 its half
/// is nullopt. An error: there is no net/sockstat.
Result<SocketTotals> read_socket_totals(const std::string& proc_root = "/proc");

} // namespace sockit
