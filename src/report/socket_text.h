#pragma once

#include "sock/socket_info.h"

#include <array>
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
/// The flags of SocketInfo::inet_options by their bit.
inline constexpr std::array<std::string_view, 11> inet_option_names{
    "recverr",         "is_icsk",      "freebind",
    "hdrincl",         "mc_loop",      "transparent",
    "mc_all",          "nodefrag",     "bind_address_no_port",
    "recverr_rfc4884", "defer_connect"};

/// `uid:1000 ino:4711 sk:1a v6only:0 fwmark:0x1 <->`.
void append_extended(std::string& out, const SocketInfo& info);
/// `cgroup:/x`.
void append_cgroup(std::string& out, const SocketInfo& info);
/// `tos:0x10 tclass:0x0 class_id:0x0`: what is known of them.
void append_type_of_service(std::string& out, const SocketInfo& info);
/// `inet-sockopt:(recverr,mc_loop)`: those that are set.
void append_inet_options(std::string& out, std::uint16_t options);
/// `skmem:(r0,rb131072,…)`.
void append_memory(std::string& out, const SocketMemory& memory);
/// `cubic rto:204ms rtt:0.036ms …`: what is not zero, in the kernel's order and words.
void append_tcp_info(std::string& out, const SocketInfo& info);

} // namespace sockit
