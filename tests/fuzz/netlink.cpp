#include "diag/sock_diag.h"
#include "socket_row.h"

#include <array>
#include <span>

// The kernel's answers to sock_diag(7), and whatever else comes in their place.

namespace sockit::fuzz {

namespace {

struct Asked {
    SocketProtocol protocol;
    int family;
};

constexpr std::array asked{
    Asked{SocketProtocol::Tcp, AF_UNSPEC},      Asked{SocketProtocol::Udp, AF_INET6},
    Asked{SocketProtocol::Raw, AF_INET},        Asked{SocketProtocol::Mptcp, AF_INET6},
    Asked{SocketProtocol::Unix, AF_UNIX},       Asked{SocketProtocol::Packet, AF_PACKET},
    Asked{SocketProtocol::Netlink, AF_NETLINK}, Asked{SocketProtocol::Vsock, AF_VSOCK},
};

} // namespace

/// The first byte says what was asked for, the others are one datagram of the answer.
void look_at(std::string_view bytes)
{
    if (bytes.empty())
        return;
    const auto choice = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    const auto& [protocol, family] = asked[choice % asked.size()];
    SocketQuery query{.protocol = protocol, .family = family};
    query.tcp_info = query.memory = query.type_of_service = choice < 128;
    CgroupNames cgroups;
    SocketInfo info;
    DumpProgress progress;
    std::size_t visited = 0;
    const auto visit = [&](const SocketInfo& found) {
        look_at_socket(found);
        return ++visited < 100;
    };
    const auto done =
        read_datagram(std::as_bytes(std::span(bytes)), query, cgroups, info, visit, progress);
    must(done || progress.done || done.error().domain != Domain::Usage);
    must(visited <= bytes.size() / sizeof(std::uint64_t));
}

} // namespace sockit::fuzz
