#include "diag/sock_destroy.h"

#include "diag/netlink_message.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

struct DestroyRequest {
    nlmsghdr header;
    inet_diag_req_v2 request;
};

void put_address(const Endpoint& endpoint, __be32 (&address)[4], __be16& port)
{
    port = htons(static_cast<std::uint16_t>(endpoint.port()));
    if (endpoint.family() == AF_INET)
        address[0] = reinterpret_cast<const sockaddr_in*>(endpoint.data())->sin_addr.s_addr;
    else if (endpoint.family() == AF_INET6)
        std::memcpy(address, &reinterpret_cast<const sockaddr_in6*>(endpoint.data())->sin6_addr,
                    sizeof(in6_addr));
}

DestroyRequest request_for(const SocketInfo& info, std::uint64_t cookie)
{
    DestroyRequest message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = SOCK_DESTROY;
    message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    auto& request = message.request;
    request.sdiag_family = static_cast<std::uint8_t>(info.family);
    request.sdiag_protocol = info.netid == "tcp" ? IPPROTO_TCP : IPPROTO_UDP;
    if (info.netid == "raw") {
        request.sdiag_protocol = IPPROTO_RAW;
        request.pad = static_cast<std::uint8_t>(info.protocol.value_or(0)); // inet_diag_req_raw
    }
    request.idiag_states = ~0U;
    put_address(info.local, request.id.idiag_src, request.id.idiag_sport);
    if (info.peer)
        put_address(*info.peer, request.id.idiag_dst, request.id.idiag_dport);
    request.id.idiag_if = info.interface;
    request.id.idiag_cookie[0] = static_cast<std::uint32_t>(cookie);
    request.id.idiag_cookie[1] = static_cast<std::uint32_t>(cookie >> 32U);
    return message;
}

std::string subject_of(const SocketInfo& info)
{
    return info.local.text() + (info.peer ? " " + info.peer->text() : "");
}

} // namespace

Result<SocketDestroyer> SocketDestroyer::open()
{
    Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (netlink.valid())
        return SocketDestroyer(std::move(netlink));
    const int reason = errno;
    if (reason == EPROTONOSUPPORT || reason == EAFNOSUPPORT)
        return Failure(Error::unsupported("socket", "sock_diag", reason));
    return Failure(Error::from_errno(Phase::Socket, "socket", "sock_diag", reason));
}

bool SocketDestroyer::may_destroy(const SocketInfo& info)
{
    return info.cookie && (info.netid == "tcp" || info.netid == "udp" || info.netid == "raw");
}

Result<> SocketDestroyer::destroy(const SocketInfo& info)
{
    const auto cookie = info.cookie.value_or(0);
    int answer = TRY(ask(info, cookie, 0));
    // Of sockets that share an address (SO_REUSEPORT) the kernel finds the one that would serve the
    // given peer: others come into sight as the peer changes.
    constexpr std::uint16_t peers = 256;
    for (std::uint16_t port = 1; answer == ENOENT && !info.peer && port <= peers; ++port)
        answer = TRY(ask(info, cookie, port));
    if (answer == 0)
        return {};
    if (answer == EOPNOTSUPP) {
        // Where sockets can be destroyed, one that does not exist is looked for before all else.
        constexpr std::uint64_t nobody = 1ULL << 63U;
        if (TRY(ask(info, nobody, 0)) == EOPNOTSUPP)
            return Failure(Error::unsupported("sock_destroy",
                                              "SOCK_DESTROY (CONFIG_INET_DIAG_DESTROY)", answer));
    }
    auto error = Error::from_errno(Phase::None, "sock_destroy", subject_of(info), answer);
    if (answer == EPERM)
        error.hint = "destroying sockets takes CAP_NET_ADMIN in their network namespace";
    return Failure(std::move(error));
}

Result<int> SocketDestroyer::ask(const SocketInfo& info, std::uint64_t cookie,
                                 std::uint16_t peer_port)
{
    auto message = request_for(info, cookie);
    message.header.nlmsg_seq = ++m_sequence;
    if (peer_port != 0)
        message.request.id.idiag_dport = htons(peer_port);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (::sendto(m_netlink.get(), &message, sizeof message, 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0)
        return Failure(Error::from_errno(Phase::Send, "sendto", "sock_diag", errno));
    std::array<std::byte, 512> buffer{};
    while (true) {
        sockaddr_nl sender{};
        socklen_t length = sizeof sender;
        const auto received = ::recvfrom(m_netlink.get(), buffer.data(), buffer.size(), 0,
                                         reinterpret_cast<sockaddr*>(&sender), &length);
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0)
            return Failure(Error::from_errno(Phase::Receive, "recvfrom", "sock_diag", errno));
        if (sender.nl_pid != 0) // not the kernel
            continue;
        const std::span<const std::byte> answer(buffer);
        NetlinkMessages messages(answer.first(static_cast<std::size_t>(received)));
        while (const auto one = messages.next()) {
            if (one->type != NLMSG_ERROR || one->sequence != m_sequence)
                continue;
            const auto code = read_object<std::int32_t>(one->payload);
            return code ? -*code : EBADMSG;
        }
    }
}

} // namespace sockit
