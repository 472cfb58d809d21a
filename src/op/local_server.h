#pragma once

#include "event/echo.h"
#include "sock/socket.h"

#include <optional>

#include <sys/types.h>

namespace sockit {

/// The process on this machine and in this network namespace that has the other end of a connected
/// socket open, or that listens where nobody accepted it yet: TCP, MPTCP, UDP and unix sockets.
/// Nothing when the peer is elsewhere, hidden from us, or held by several processes. Looks through
/// the descriptors of all processes: milliseconds, to be done once.
std::optional<pid_t> local_server_of(const Socket& socket);

/// The same of whoever listens there, or takes datagrams: nobody is connected yet. `type` is
/// SOCK_*.
std::optional<pid_t> local_server_at(const Endpoint& endpoint, int type);

/// What the process used so far, all threads together, those that have ended too. The sum is exact,
/// the share of the user is rounded down to the kernel's ticks (10 ms). Nothing when there is no
/// such process.
std::optional<CpuTime> cpu_time_of(pid_t pid);

} // namespace sockit
