#include "diag/sock_diag.h"

#include "base/fd.h"
#include "diag/diag_message.h"
#include "diag/dump_reader.h"
#include "diag/netlink_message.h"

#include <cerrno>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

constexpr std::uint32_t sequence = 1;

std::string_view diag_name(const SocketQuery& query)
{
    switch (query.protocol) {
    case SocketProtocol::Tcp: return "tcp_diag";
    case SocketProtocol::Udp: return "udp_diag";
    case SocketProtocol::Unix: return "unix_diag";
    }
    return "";
}

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

template <class Request>
struct DumpRequest {
    nlmsghdr header;
    Request request;
};

template <class Request>
Result<> send_request(FdRef netlink, const SocketQuery& query, const Request& request)
{
    const DumpRequest<Request> message{
        .header = {.nlmsg_len = sizeof message,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = sequence,
                   .nlmsg_pid = 0},
        .request = request,
    };
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (::sendto(netlink.value, &message, sizeof message, 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0)
        return failure(Phase::Send, "sendto", query, errno);
    return {};
}

Result<> send_request(FdRef netlink, const SocketQuery& query)
{
    if (query.protocol == SocketProtocol::Unix) {
        unix_diag_req request{};
        request.sdiag_family = AF_UNIX;
        request.udiag_states = query.states;
        request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID |
                             (query.memory ? UDIAG_SHOW_MEMINFO : 0U);
        return send_request(netlink, query, request);
    }
    const auto extension = [](bool wanted, unsigned attribute) {
        return static_cast<std::uint8_t>(wanted ? 1U << (attribute - 1U) : 0U);
    };
    const bool tcp = query.protocol == SocketProtocol::Tcp;
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<std::uint8_t>(query.family);
    request.sdiag_protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
    request.idiag_states = query.states;
    request.idiag_ext = extension(tcp && query.tcp_info, INET_DIAG_INFO) |
                        extension(tcp && query.tcp_info, INET_DIAG_CONG) |
                        extension(tcp && query.tcp_info, INET_DIAG_VEGASINFO) |
                        extension(query.memory, INET_DIAG_SKMEMINFO);
    return send_request(netlink, query, request);
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
    return query.protocol == SocketProtocol::Unix ? decode_unix_diag(payload, info)
                                                  : decode_inet_diag(payload, query, cgroups, info);
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
            if (!decode(message->payload, query, cgroups, info))
                ++progress.unreadable;
            else if (!is_repeated(query, info, progress) && !visit(info))
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
    const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink.valid())
        return failure(Phase::Socket, "socket", query, errno);
    TRY(send_request(netlink.ref(), query));

    DumpProgress progress{.sequence = sequence};
    DumpReader reader(netlink.ref(), sequence);
    while (!progress.done) {
        const auto datagram = reader.next();
        if (!datagram)
            return failure(Phase::Receive, "recvmsg", query, datagram.error().code);
        TRY(read_datagram(*datagram, query, m_cgroups, info, visit, progress));
    }
    return progress.unreadable;
}

} // namespace sockit
