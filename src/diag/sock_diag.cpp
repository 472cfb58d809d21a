#include "diag/sock_diag.h"

#include "base/fd.h"
#include "diag/diag_message.h"
#include "diag/dump_reader.h"
#include "diag/netlink_message.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

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
Result<> send_request(FdRef netlink, const SocketQuery& query, const Request& request,
                      std::uint16_t flags = NLM_F_REQUEST | NLM_F_DUMP)
{
    const std::size_t code_size = query.bytecode.size();
    const nlattr code{.nla_len = static_cast<std::uint16_t>(sizeof code + code_size),
                      .nla_type = INET_DIAG_REQ_BYTECODE};
    const std::size_t attributes = code_size > 0 ? sizeof code + code_size : 0;
    const DumpRequest<Request> message{
        .header = {.nlmsg_len = static_cast<std::uint32_t>(sizeof message + attributes),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = flags,
                   .nlmsg_seq = sequence,
                   .nlmsg_pid = 0},
        .request = request,
    };
    std::vector<std::byte> bytes(message.header.nlmsg_len);
    std::memcpy(bytes.data(), &message, sizeof message);
    if (attributes > 0) {
        std::memcpy(bytes.data() + sizeof message, &code, sizeof code);
        std::ranges::copy(query.bytecode, bytes.data() + sizeof message + sizeof code);
    }
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (::sendto(netlink.value, bytes.data(), bytes.size(), 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0)
        return failure(Phase::Send, "sendto", query, errno);
    return {};
}

inet_diag_req_v2 inet_request(const SocketQuery& query)
{
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
    return request;
}

void put_end(const Endpoint& end, __be32 (&address)[4], __be16& port)
{
    port = htons(static_cast<std::uint16_t>(end.port()));
    if (end.family() == AF_INET)
        std::memcpy(address, &reinterpret_cast<const sockaddr_in*>(end.data())->sin_addr,
                    sizeof(in_addr));
    else
        std::memcpy(address, &reinterpret_cast<const sockaddr_in6*>(end.data())->sin6_addr,
                    sizeof(in6_addr));
}

/// For the one connection, not for a dump.
Result<> send_exact_request(FdRef netlink, SocketQuery query)
{
    auto request = inet_request(query);
    put_end(query.exact->local, request.id.idiag_src, request.id.idiag_sport);
    put_end(query.exact->peer, request.id.idiag_dst, request.id.idiag_dport);
    request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    query.bytecode.clear();
    return send_request(netlink, query, request, NLM_F_REQUEST);
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
    return send_request(netlink, query, inet_request(query));
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
    if (query.exact && look_up(netlink.ref(), query, info, visit))
        return 0;
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

bool SockDiag::look_up(FdRef netlink, const SocketQuery& query, SocketInfo& info,
                       const SocketVisitor& visit)
{
    if (!send_exact_request(netlink, query))
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
