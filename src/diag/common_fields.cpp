#include "diag/common_fields.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sockit {

void reset(SocketInfo& info)
{
    auto tcp_info = std::move(info.tcp_info);
    auto congestion_info = std::move(info.congestion_info);
    tcp_info.clear();
    congestion_info.clear();
    info = SocketInfo{};
    info.tcp_info = std::move(tcp_info);
    info.congestion_info = std::move(congestion_info);
}

std::string_view timer_name(std::uint64_t number)
{
    static constexpr std::array<std::string_view, 5> names{"off", "on", "keepalive", "timewait",
                                                           "persist"};
    return number < names.size() ? names[number] : "unknown";
}

std::string_view inet_netid(SocketProtocol protocol)
{
    switch (protocol) {
    case SocketProtocol::Tcp: return "tcp";
    case SocketProtocol::Udp: return "udp";
    case SocketProtocol::Raw: return "raw";
    case SocketProtocol::Mptcp: return "mptcp";
    default: return {};
    }
}

std::string_view unix_netid(std::uint64_t type)
{
    switch (type) {
    case SOCK_STREAM: return "u_str";
    case SOCK_DGRAM: return "u_dgr";
    case SOCK_SEQPACKET: return "u_seq";
    default: return {};
    }
}

std::string_view packet_netid(std::uint64_t type)
{
    switch (type) {
    case SOCK_RAW:
    case SOCK_PACKET: return "p_raw"; // whole frames, too: Linux 2.0's
    case SOCK_DGRAM: return "p_dgr";
    default: return {};
    }
}

std::string_view vsock_netid(std::uint64_t type)
{
    switch (type) {
    case SOCK_STREAM: return "v_str";
    case SOCK_DGRAM: return "v_dgr";
    case SOCK_SEQPACKET: return "v_seq";
    default: return {};
    }
}

namespace {

/// 1 << SOCK_* of a unix, packet or vsock socket; 0 for others.
std::uint32_t type_bit(const SocketInfo& info)
{
    constexpr std::size_t prefix = 2; // u_, p_, v_
    const auto name = info.netid.size() > prefix ? info.netid.substr(prefix) : std::string_view();
    if (name == "str")
        return 1U << SOCK_STREAM;
    if (name == "dgr")
        return 1U << SOCK_DGRAM;
    if (name == "seq")
        return 1U << SOCK_SEQPACKET;
    return name == "raw" ? 1U << SOCK_RAW : 0;
}

} // namespace

bool has_wanted_type(const SocketInfo& info, const SocketQuery& query)
{
    return query.socket_types == 0 || (query.socket_types & type_bit(info)) != 0;
}

Endpoint unix_endpoint(std::string_view sun_path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto taken = sun_path.substr(0, sizeof address.sun_path);
    std::ranges::copy(taken, address.sun_path);
    const auto length = offsetof(sockaddr_un, sun_path) + taken.size();
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address),
                                   static_cast<socklen_t>(length));
}

std::optional<Endpoint> connected_peer(const Endpoint& peer)
{
    if (peer.port() == 0 && peer.is_wildcard())
        return std::nullopt;
    return peer;
}

} // namespace sockit
