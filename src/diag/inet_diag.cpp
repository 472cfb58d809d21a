#include "diag/common_fields.h"
#include "diag/congestion.h"
#include "diag/diag_message.h"
#include "diag/netlink_message.h"
#include "sock/tcp_info.h"

#include <cstring>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

namespace sockit {

namespace {

constexpr std::int64_t nanoseconds_per_millisecond = 1'000'000;

Endpoint endpoint(std::uint8_t family, const __be32 (&address)[4], __be16 port,
                  std::uint32_t device)
{
    if (family == AF_INET)
        return Endpoint::inet(in_addr{address[0]}, ntohs(port));
    in6_addr v6{};
    std::memcpy(&v6, address, sizeof v6);
    return Endpoint::inet6(v6, ntohs(port), IN6_IS_ADDR_LINKLOCAL(&v6) ? device : 0);
}

/// Everything but the attributes.
void decode_fixed_part(const inet_diag_msg& message, const SocketQuery& query, SocketInfo& info)
{
    const bool tcp = query.protocol == SocketProtocol::Tcp;
    info.netid = tcp ? "tcp" : "udp";
    info.family = message.idiag_family;
    info.state = static_cast<SocketState>(message.idiag_state);
    info.recv_q = message.idiag_rqueue;
    info.send_q = message.idiag_wqueue;
    info.interface = message.id.idiag_if;
    info.local = endpoint(message.idiag_family, message.id.idiag_src, message.id.idiag_sport,
                          message.id.idiag_if);
    info.peer = connected_peer(endpoint(message.idiag_family, message.id.idiag_dst,
                                        message.id.idiag_dport, message.id.idiag_if));
    info.inode = message.idiag_inode;
    // A socket without an inode has no owner any more: the kernel leaves 0, which is nobody's uid.
    if (message.idiag_inode != 0 || message.idiag_uid != 0)
        info.uid = message.idiag_uid;
    info.cookie = std::uint64_t{message.id.idiag_cookie[1]} << 32U | message.id.idiag_cookie[0];
    if (message.idiag_timer != 0)
        info.timer =
            SocketTimer{timer_name(message.idiag_timer),
                        message.idiag_expires * nanoseconds_per_millisecond, message.idiag_retrans};
    if (tcp && info.state == SocketState::Listen) {
        info.accept_length = message.idiag_rqueue;
        info.accept_limit = message.idiag_wqueue;
    }
}

std::string_view text(std::span<const std::byte> bytes)
{
    const auto* first = reinterpret_cast<const char*>(bytes.data());
    return {first, strnlen(first, bytes.size())};
}

} // namespace

bool decode_inet_diag(std::span<const std::byte> payload, const SocketQuery& query,
                      CgroupNames& cgroups, SocketInfo& info)
{
    const auto message = read_object<inet_diag_msg>(payload);
    if (!message || (message->idiag_family != AF_INET && message->idiag_family != AF_INET6))
        return false;
    reset(info);
    decode_fixed_part(*message, query, info);

    NetlinkAttributes attributes(payload.subspan(sizeof(inet_diag_msg)));
    while (const auto attribute = attributes.next()) {
        switch (attribute->type) {
        case INET_DIAG_INFO:
            // The attribute is there, empty, for sockets without a struct tcp_sock (TIME-WAIT,
            // UDP).
            decode_tcp_info(attribute->payload, info.tcp_info);
            break;
        case INET_DIAG_VEGASINFO: decode_vegas(attribute->payload, info); break;
        case INET_DIAG_DCTCPINFO: decode_dctcp(attribute->payload, info); break;
        case INET_DIAG_BBRINFO: decode_bbr(attribute->payload, info); break;
        case INET_DIAG_CONG: info.congestion = text(attribute->payload); break;
        case INET_DIAG_SKMEMINFO: info.memory = decode_memory(attribute->payload); break;
        case INET_DIAG_SHUTDOWN:
            info.shutdown = read_object<std::uint8_t>(attribute->payload);
            break;
        case INET_DIAG_SKV6ONLY:
            if (const auto flag = read_object<std::uint8_t>(attribute->payload))
                info.v6only = *flag != 0;
            break;
        case INET_DIAG_MARK: info.mark = read_object<std::uint32_t>(attribute->payload); break;
        case INET_DIAG_CGROUP_ID:
            if (const auto id = read_object<std::uint64_t>(attribute->payload); id && query.cgroup)
                info.cgroup = cgroups.name_of(*id);
            break;
        default: break;
        }
    }
    return true;
}

} // namespace sockit
