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

std::string_view unix_netid(std::uint64_t type)
{
    switch (type) {
    case SOCK_STREAM: return "u_str";
    case SOCK_DGRAM: return "u_dgr";
    case SOCK_SEQPACKET: return "u_seq";
    default: return {};
    }
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
