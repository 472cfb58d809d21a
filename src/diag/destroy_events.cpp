#include "diag/destroy_events.h"

#include "diag/diag_message.h"
#include "diag/netlink_message.h"

#include <cerrno>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

constexpr std::size_t event_buffer_size = 32UL * 1024;
/// Room for a burst of about twenty thousand.
constexpr int kept_by_kernel = 16 * 1024 * 1024;

std::uint32_t group_mask(const DestroyEvents::Groups& groups)
{
    const auto bit = [](bool wanted, unsigned group) { return wanted ? 1U << (group - 1U) : 0U; };
    return bit(groups.tcp && groups.v4, SKNLGRP_INET_TCP_DESTROY) |
           bit(groups.udp && groups.v4, SKNLGRP_INET_UDP_DESTROY) |
           bit(groups.tcp && groups.v6, SKNLGRP_INET6_TCP_DESTROY) |
           bit(groups.udp && groups.v6, SKNLGRP_INET6_UDP_DESTROY);
}

/// Of an inet_diag_msg: IPPROTO_*, 0 if it does not say.
unsigned protocol_of(std::span<const std::byte> payload)
{
    if (payload.size() < sizeof(inet_diag_msg))
        return 0;
    NetlinkAttributes attributes(payload.subspan(sizeof(inet_diag_msg)));
    while (const auto attribute = attributes.next())
        if (attribute->type == INET_DIAG_PROTOCOL)
            return read_object<std::uint8_t>(attribute->payload).value_or(0);
    return 0;
}

} // namespace

DestroyEvents::DestroyEvents(Fd netlink)
    : m_netlink(std::move(netlink)), m_buffer(event_buffer_size)
{}

Result<DestroyEvents> DestroyEvents::open(const Groups& groups)
{
    Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG));
    if (!netlink.valid()) {
        const int reason = errno;
        if (reason == EPROTONOSUPPORT || reason == EAFNOSUPPORT)
            return Failure(Error::unsupported("socket", "sock_diag", reason));
        return Failure(Error::from_errno(Phase::Socket, "socket", "sock_diag", reason));
    }
    // The forced size takes CAP_NET_ADMIN; the other is what the system allows.
    for (const int option : {SO_RCVBUFFORCE, SO_RCVBUF})
        if (::setsockopt(netlink.get(), SOL_SOCKET, option, &kept_by_kernel,
                         sizeof kept_by_kernel) == 0)
            break;
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = group_mask(groups);
    if (::bind(netlink.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        return Failure(
            Error::from_errno(Phase::Bind, "bind", "destroy events of sock_diag", errno));
    return DestroyEvents(std::move(netlink));
}

Result<DestroyEvents::Taken> DestroyEvents::take(SocketInfo& info, const SocketVisitor& visit)
{
    Taken taken;
    while (true) {
        sockaddr_nl sender{};
        socklen_t length = sizeof sender;
        const auto received = ::recvfrom(m_netlink.get(), m_buffer.data(), m_buffer.size(), 0,
                                         reinterpret_cast<sockaddr*>(&sender), &length);
        if (received >= 0) {
            const auto datagram = std::span(m_buffer).first(static_cast<std::size_t>(received));
            if (sender.nl_pid == 0 && !visit_datagram(datagram, info, visit, taken))
                return taken;
            continue;
        }
        switch (errno) {
        case EINTR: break;
        case EAGAIN: return taken;
        case ENOBUFS: taken.overflow = true; break;
        default:
            return Failure(Error::from_errno(Phase::Receive, "recvfrom",
                                             "destroy events of sock_diag", errno));
        }
    }
}

bool DestroyEvents::visit_datagram(std::span<const std::byte> datagram, SocketInfo& info,
                                   const SocketVisitor& visit, Taken& taken)
{
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
        if (message->type != SOCK_DIAG_BY_FAMILY)
            continue;
        const auto protocol = protocol_of(message->payload);
        const SocketQuery query{.protocol = protocol == IPPROTO_UDP ? SocketProtocol::Udp
                                                                    : SocketProtocol::Tcp};
        const bool known = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
        if (!known || !decode_inet_diag(message->payload, query, m_cgroups, info)) {
            ++taken.unreadable;
            continue;
        }
        // They are purged by then, and what the kernel counts is no queue any more.
        info.recv_q.reset();
        info.send_q.reset();
        if (!visit(info))
            return false;
    }
    taken.unreadable += messages.malformed() ? 1 : 0;
    return true;
}

} // namespace sockit
