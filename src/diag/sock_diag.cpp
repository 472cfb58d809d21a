#include "diag/sock_diag.h"

#include "base/fd.h"
#include "diag/common_fields.h"
#include "diag/diag_message.h"
#include "diag/diag_request.h"
#include "diag/dump_reader.h"
#include "diag/netlink_message.h"

#include <cerrno>
#include <unordered_set>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace sockit {

namespace {

constexpr std::uint32_t sequence = 1;

Failure failure(Phase phase, std::string_view call, const SocketQuery& query, int errno_value)
{
    switch (errno_value) {
    case ENOENT:          // no handler for the family or protocol
    case EPROTONOSUPPORT: // no NETLINK_SOCK_DIAG
    case EAFNOSUPPORT:    // no netlink at all (seccomp filters like to say so, too)
    case EOPNOTSUPP: return Failure(Error::unsupported(call, diag_name(query), errno_value));
    default: return Failure(Error::from_errno(phase, call, diag_name(query), errno_value));
    }
}

Result<> send_request(FdRef netlink, const SocketQuery& query,
                      const std::vector<std::byte>& request)
{
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (::sendto(netlink.value, request.data(), request.size(), 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0)
        return failure(Phase::Send, "sendto", query, errno);
    return {};
}

/// The errno in NLMSG_ERROR and NLMSG_DONE, as a positive number; 0 is success.
int kernel_errno(const NetlinkMessage& message)
{
    const auto code = read_object<std::int32_t>(message.payload);
    if (!code)
        return message.type == NLMSG_DONE ? 0 : EBADMSG;
    return -*code;
}

bool decode(std::span<const std::byte> payload, const SocketQuery& query, CgroupNames& cgroups,
            SocketInfo& info)
{
    switch (query.protocol) {
    case SocketProtocol::Unix: return decode_unix_diag(payload, info);
    case SocketProtocol::Packet: return decode_packet_diag(payload, query, info);
    case SocketProtocol::Netlink: return decode_netlink_diag(payload, query, info);
    case SocketProtocol::Vsock: return decode_vsock_diag(payload, info);
    default: return decode_inet_diag(payload, query, cgroups, info);
    }
}

std::optional<std::uint64_t> inode_of(FdRef socket)
{
    struct stat status{};
    return ::fstat(socket.value, &status) == 0 ? std::optional<std::uint64_t>(status.st_ino)
                                               : std::nullopt;
}

bool is_repeated(const SocketQuery& query, const SocketInfo& info, DumpProgress& progress)
{
    return query.protocol == SocketProtocol::Tcp && info.cookie.value_or(0) != 0 &&
           progress.recent.contains_or_add(*info.cookie);
}

} // namespace

Result<> read_datagram(std::span<const std::byte> datagram, const SocketQuery& query,
                       CgroupNames& cgroups, SocketInfo& info, const SocketVisitor& visit,
                       DumpProgress& progress)
{
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
        if (message->sequence != progress.sequence)
            continue;
        switch (message->type) {
        case SOCK_DIAG_BY_FAMILY:
        case TCPDIAG_GETSOCK:
            if (!decode(message->payload, query, cgroups, info))
                ++progress.unreadable;
            else if (has_wanted_type(info, query) && !is_repeated(query, info, progress) &&
                     !visit(info))
                progress.done = true;
            break;
        case NLMSG_DONE:
        case NLMSG_ERROR:
            progress.done = true;
            if (const int errno_value = kernel_errno(*message); errno_value != 0)
                return failure(Phase::Receive, "sock_diag", query, errno_value);
            break;
        default: break;
        }
        if (progress.done)
            return {};
    }
    if (messages.malformed())
        ++progress.unreadable;
    return {};
}

Result<std::uint64_t> SockDiag::dump(const SocketQuery& query, SocketInfo& info,
                                     const SocketVisitor& visit)
{
    // Sockets without states, for which the kernel takes no mask.
    const bool stateless =
        query.protocol == SocketProtocol::Packet || query.protocol == SocketProtocol::Netlink;
    if (stateless && (query.states & state_bit(SocketState::Close)) == 0)
        return 0;
    const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink.valid())
        return failure(Phase::Socket, "socket", query, errno);
    if (query.exact && look_up(netlink.ref(), query, info, visit))
        return 0;
    TRY(send_request(netlink.ref(), query, diag_request(query, sequence)));

    // The kernel lists netlink sockets that are in a multicast group a second time. The one that
    // asks is no part of the picture: two looks would always differ.
    const auto inode_of_ours = inode_of(netlink.ref());
    std::unordered_set<std::uint64_t> seen;
    const SocketVisitor visit_once = [&](const SocketInfo& row) {
        return row.inode == inode_of_ours || !seen.insert(row.cookie.value_or(0)).second ||
               visit(row);
    };
    const auto& visitor = query.protocol == SocketProtocol::Netlink ? visit_once : visit;

    DumpProgress progress{.sequence = sequence};
    DumpReader reader(netlink.ref(), sequence);
    while (!progress.done) {
        const auto datagram = reader.next();
        if (!datagram)
            return failure(Phase::Receive, "recvmsg", query, datagram.error().code);
        TRY(read_datagram(*datagram, query, m_cgroups, info, visitor, progress));
    }
    return progress.unreadable;
}

bool SockDiag::look_up(FdRef netlink, const SocketQuery& query, SocketInfo& info,
                       const SocketVisitor& visit)
{
    if (!send_request(netlink, query, exact_request(query, sequence)))
        return false;
    DumpReader reader(netlink, sequence);
    const auto datagram = reader.next();
    if (!datagram)
        return false;
    const auto message = NetlinkMessages(*datagram).next();
    if (!message || message->type != SOCK_DIAG_BY_FAMILY ||
        !decode(message->payload, query, m_cgroups, info))
        return false;
    if (info.family != query.family)
        return true; // one of IPv6 has the addresses of IPv4; it is found there
    // Where there is no connection, the kernel may answer with the listener at the port.
    if (info.local != query.exact->local || info.peer != query.exact->peer)
        return false;
    if ((query.states & state_bit(info.state)) != 0)
        visit(info);
    return true;
}

} // namespace sockit
