#include "diag/diag_request.h"

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

/// Sizes of the wire structures and of std::uint32_t, all multiples of 4, are their own alignment.
template <class T>
void append_object(std::vector<std::byte>& bytes, const T& object)
{
    static_assert(sizeof object % NLMSG_ALIGNTO == 0);
    const auto* first = reinterpret_cast<const std::byte*>(&object);
    bytes.insert(bytes.end(), first, first + sizeof object);
}

void append_attribute(std::vector<std::byte>& bytes, std::uint16_t type,
                      std::span<const std::byte> payload)
{
    append_object(bytes,
                  nlattr{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + payload.size()),
                         .nla_type = type});
    bytes.insert(bytes.end(), payload.begin(), payload.end());
}

std::vector<std::byte> start_request(std::uint16_t flags, std::uint32_t sequence,
                                     std::uint16_t type = SOCK_DIAG_BY_FAMILY)
{
    std::vector<std::byte> bytes;
    append_object(bytes, nlmsghdr{.nlmsg_len = 0,
                                  .nlmsg_type = type,
                                  .nlmsg_flags = flags,
                                  .nlmsg_seq = sequence,
                                  .nlmsg_pid = 0});
    return bytes;
}

/// Sets the length, which is known now.
std::vector<std::byte> finish_request(std::vector<std::byte> bytes)
{
    const auto length = static_cast<std::uint32_t>(bytes.size());
    static_assert(offsetof(nlmsghdr, nlmsg_len) == 0);
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes;
}

/// The older request has no family: the kernel walks its table once for both.
bool asks_both_families(const SocketQuery& query) { return query.family == AF_UNSPEC; }

std::uint8_t inet_extensions(const SocketQuery& query)
{
    const auto bit = [](bool wanted, unsigned attribute) {
        return static_cast<std::uint8_t>(wanted ? 1U << (attribute - 1U) : 0U);
    };
    const bool tcp = query.protocol == SocketProtocol::Tcp;
    const bool stream = tcp || query.protocol == SocketProtocol::Mptcp;
    return bit(stream && query.tcp_info, INET_DIAG_INFO) |
           bit(tcp && query.tcp_info, INET_DIAG_CONG) |
           bit(tcp && query.tcp_info, INET_DIAG_VEGASINFO) |
           bit(query.memory, INET_DIAG_SKMEMINFO) | bit(query.type_of_service, INET_DIAG_TOS) |
           bit(query.type_of_service, INET_DIAG_TCLASS);
}

inet_diag_req_v2 inet_request(const SocketQuery& query)
{
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<std::uint8_t>(query.family);
    switch (query.protocol) {
    case SocketProtocol::Tcp: request.sdiag_protocol = IPPROTO_TCP; break;
    case SocketProtocol::Udp: request.sdiag_protocol = IPPROTO_UDP; break;
    case SocketProtocol::Raw: request.sdiag_protocol = IPPROTO_RAW; break;
    // 262 has no place in eight bits. A kernel that does not know the attribute has no such
    // sockets, and nothing that answers for 0.
    default: break;
    }
    request.idiag_ext = inet_extensions(query);
    request.idiag_states = query.states;
    return request;
}

void append_inet_request(std::vector<std::byte>& bytes, const SocketQuery& query)
{
    if (asks_both_families(query)) {
        inet_diag_req request{};
        request.idiag_ext = inet_extensions(query);
        request.idiag_states = query.states;
        append_object(bytes, request);
    } else {
        append_object(bytes, inet_request(query));
    }
    if (!query.bytecode.empty())
        append_attribute(bytes, INET_DIAG_REQ_BYTECODE, query.bytecode);
    constexpr std::uint32_t mptcp = IPPROTO_MPTCP;
    if (query.protocol == SocketProtocol::Mptcp)
        append_attribute(bytes, INET_DIAG_REQ_PROTOCOL, std::as_bytes(std::span(&mptcp, 1)));
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

void append_unix_request(std::vector<std::byte>& bytes, const SocketQuery& query)
{
    unix_diag_req request{};
    request.sdiag_family = AF_UNIX;
    request.udiag_states = query.states;
    request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID |
                         (query.memory ? UDIAG_SHOW_MEMINFO : 0U);
    append_object(bytes, request);
}

} // namespace

std::vector<std::byte> diag_request(const SocketQuery& query, std::uint32_t sequence)
{
    auto bytes = start_request(NLM_F_REQUEST | NLM_F_DUMP, sequence,
                               asks_both_families(query) ? TCPDIAG_GETSOCK : SOCK_DIAG_BY_FAMILY);
    switch (query.protocol) {
    case SocketProtocol::Tcp:
    case SocketProtocol::Udp:
    case SocketProtocol::Raw:
    case SocketProtocol::Mptcp: append_inet_request(bytes, query); break;
    case SocketProtocol::Unix: append_unix_request(bytes, query); break;
    case SocketProtocol::Packet: {
        // The queues are in the memory attribute.
        packet_diag_req request{};
        request.sdiag_family = AF_PACKET;
        request.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO;
        append_object(bytes, request);
        break;
    }
    case SocketProtocol::Netlink: {
        netlink_diag_req request{};
        request.sdiag_family = AF_NETLINK;
        request.sdiag_protocol = NDIAG_PROTO_ALL;
        request.ndiag_show = NDIAG_SHOW_MEMINFO;
        append_object(bytes, request);
        break;
    }
    case SocketProtocol::Vsock: {
        vsock_diag_req request{};
        request.sdiag_family = AF_VSOCK;
        request.vdiag_states = query.states;
        append_object(bytes, request);
        break;
    }
    }
    return finish_request(std::move(bytes));
}

std::vector<std::byte> exact_request(const SocketQuery& query, std::uint32_t sequence)
{
    auto bytes = start_request(NLM_F_REQUEST, sequence);
    auto request = inet_request(query);
    put_end(query.exact->local, request.id.idiag_src, request.id.idiag_sport);
    put_end(query.exact->peer, request.id.idiag_dst, request.id.idiag_dport);
    request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    append_object(bytes, request);
    return finish_request(std::move(bytes));
}

std::string_view diag_name(const SocketQuery& query)
{
    switch (query.protocol) {
    case SocketProtocol::Tcp: return "tcp_diag";
    case SocketProtocol::Udp: return "udp_diag";
    case SocketProtocol::Unix: return "unix_diag";
    case SocketProtocol::Raw: return "raw_diag";
    case SocketProtocol::Mptcp: return "mptcp_diag";
    case SocketProtocol::Packet: return "af_packet_diag";
    case SocketProtocol::Netlink: return "netlink_diag";
    case SocketProtocol::Vsock: return "vsock_diag";
    }
    return "";
}

} // namespace sockit
