#pragma once

#include "sock/socket_info.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sockit {

// Parts of a socket as ss prints them. All append to `out`, which a listing reuses from row to row,
// and escape what is foreign.

/// `127.0.0.1:80`, `[::]:*`, `*:80` (both families), `127.0.0.53%lo:53`; unix: `/run/x 4711`,
/// `@name 4711`, `* 4711`. `service` stands for the port and `name` for the address unless they are
/// empty.
void append_local(std::string& out, const SocketInfo& info, std::string_view service,
                  std::string_view name = {});
void append_peer(std::string& out, const SocketInfo& info, std::string_view service,
                 std::string_view name = {});

/// `users:(("sshd",pid=812,fd=3))`, `users:(?)` where they are not known; nothing if nobody has it.
void append_processes(std::string& out, const SocketInfo& info);
/// `0.036ms`: milliseconds with what is left of the microseconds.
void append_milliseconds(std::string& out, std::uint64_t nanoseconds);
/// `timer:(keepalive,1min54sec,0)`.
void append_timer(std::string& out, const SocketTimer& timer);
/// `uid:1000 ino:4711 sk:1a cgroup:/x v6only:0 <->`.
void append_extended(std::string& out, const SocketInfo& info);
/// `skmem:(r0,rb131072,…)`.
void append_memory(std::string& out, const SocketMemory& memory);
/// `cubic rto:204ms rtt:0.036ms …`: what is not zero, in the kernel's order and words.
void append_tcp_info(std::string& out, const SocketInfo& info);

} // namespace sockit
