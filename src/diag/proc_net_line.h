#pragma once

#include "diag/socket_query.h"

#include <string_view>

namespace sockit {

/// One row of /proc/net/{tcp,udp,raw}{,6} without its line feed, as a SocketInfo, every member of
/// which is set anew; `ticks_per_second` is sysconf(_SC_CLK_TCK). False unless every column up to
/// the inode is whole and of the kernel's form. What the file does not have (cookie, device, a
/// listener's backlog) is nullopt. Source: net/ipv4/tcp_ipv4.c, udp.c, raw.c.
bool parse_inet_line(std::string_view line, const SocketQuery& query, long ticks_per_second,
                     SocketInfo& info);

/// One row of /proc/net/unix. NULs in abstract names are '@' in the file and stay so; a line feed
/// in a path cannot be told from the end of the row. Source: net/unix/af_unix.c.
bool parse_unix_line(std::string_view line, SocketInfo& info);

/// One row of /proc/net/packet, which has neither cookie nor send queue. Source:
/// net/packet/af_packet.c.
bool parse_packet_line(std::string_view line, SocketInfo& info);

/// One row of /proc/net/netlink, which has neither cookie nor user. Source:
/// net/netlink/af_netlink.c.
bool parse_netlink_line(std::string_view line, SocketInfo& info);

/// Whether it is the line of column names, which is no socket.
bool is_column_names(std::string_view line);

} // namespace sockit
