#include "diag/proc_net_line.h"

#include "socket_row.h"

// The rows of /proc/net, also of a copy of it that somebody hands us.

namespace sockit::fuzz {

void look_at(std::string_view line)
{
    SocketInfo info;
    for (const auto protocol : {SocketProtocol::Tcp, SocketProtocol::Udp, SocketProtocol::Raw})
        for (const int family : {AF_INET, AF_INET6}) {
            const SocketQuery query{.protocol = protocol, .family = family};
            if (!parse_inet_line(line, query, 100, info))
                continue;
            must(info.family == family && info.local.family() == family);
            look_at_socket(info);
        }
    if (parse_unix_line(line, info))
        look_at_socket(info);
    if (parse_packet_line(line, info))
        look_at_socket(info);
    if (parse_netlink_line(line, info))
        look_at_socket(info);
    is_column_names(line);
}

} // namespace sockit::fuzz
