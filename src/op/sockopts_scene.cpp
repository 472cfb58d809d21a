#include "op/sockopts_scene.h"

#include "base/deadline.h"

#include <cerrno>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace sockit {

namespace {

constexpr auto patience = std::chrono::seconds(2);

bool is_listening_kind(SocketKind kind)
{
    switch (kind) {
    case SocketKind::Tcp4:
    case SocketKind::Tcp6:
    case SocketKind::Mptcp4:
    case SocketKind::Mptcp6:
    case SocketKind::UnixStream:
    case SocketKind::UnixSeqpacket:
    case SocketKind::Vsock: return true;
    default: return false;
    }
}

/// Any free port of loopback, any free name.
Endpoint free_address(const KindTarget& kind)
{
    switch (socket_arguments(kind).family) {
    case AF_INET: return Endpoint::inet({.s_addr = htonl(INADDR_LOOPBACK)}, 0);
    case AF_INET6: return Endpoint::inet6(in6addr_loopback, 0);
    case AF_VSOCK: return Endpoint::vsock(VMADDR_CID_ANY, VMADDR_PORT_ANY);
    default: return Endpoint::unix_unnamed(); // autobind (unix(7))
    }
}

template <class Address>
Result<> bind_raw(const Socket& socket, const Address& address, std::string_view subject)
{
    if (::bind(socket.ref().value, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        return Failure(Error::from_errno(Phase::Bind, "bind", subject, errno));
    return {};
}

Result<> bind_free(const Socket& socket, const KindTarget& kind)
{
    if (kind.kind == SocketKind::Netlink)
        return bind_raw(socket, sockaddr_nl{.nl_family = AF_NETLINK}, kind.text);
    if (kind.kind == SocketKind::Packet) {
        // An EtherType for local experiments (IEEE 802): running, and yet nothing arrives.
        constexpr std::uint16_t experimental = 0x88b5;
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(experimental);
        address.sll_ifindex = static_cast<int>(if_nametoindex("lo"));
        return bind_raw(socket, address, kind.text);
    }
    return socket.bind(free_address(kind));
}

Result<> wait_for(const Socket& socket, short events, const Endpoint& peer)
{
    const auto deadline = Deadline::after(patience);
    pollfd waiting{.fd = socket.ref().value, .events = events, .revents = 0};
    while (::poll(&waiting, 1, deadline.poll_milliseconds()) <= 0)
        if (deadline.passed())
            return Failure(Error::from_errno(Phase::Connect, "connect", peer.text(), ETIMEDOUT));
    return {};
}

Result<> connect_to(const Socket& socket, const Endpoint& peer)
{
    if (TRY(socket.connect(peer)) == ConnectProgress::Connected)
        return {};
    TRY(wait_for(socket, POLLOUT, peer));
    return socket.pending_error(peer);
}

/// Where a bound socket can be reached: vsock's "any" is this machine.
Result<Endpoint> reachable(const Socket& socket)
{
    const auto local = TRY(socket.local());
    return local.family() == AF_VSOCK ? Endpoint::vsock(VMADDR_CID_LOCAL, local.port()) : local;
}

Result<> listen_now(SockoptsScene& scene, const KindTarget& kind)
{
    TRY(bind_free(scene.socket, kind));
    const auto local = TRY(scene.socket.local());
    TRY(scene.socket.listen(1, local));
    scene.state = SocketState::Listen;
    return {};
}

/// A connection whose accepted end is scene.socket.
Result<> accept_one(SockoptsScene& scene, const KindTarget& kind)
{
    TRY(listen_now(scene, kind));
    scene.listener = std::move(scene.socket);
    scene.other = TRY(open_kind(kind));
    const auto address = TRY(reachable(scene.listener));
    TRY(connect_to(scene.other, address));
    TRY(wait_for(scene.listener, POLLIN, address));
    auto accepted = TRY(scene.listener.accept());
    if (!accepted)
        return Failure(Error::from_errno(Phase::Listen, "accept", address.text(), ECONNABORTED));
    scene.socket = std::move(accepted->socket);
    scene.state = SocketState::Established;
    return {};
}

/// Datagram kinds connect to a bound socket of their own kind, raw ones to an address, netlink to
/// the kernel.
Result<> connect_datagram(SockoptsScene& scene, const KindTarget& kind)
{
    scene.state = SocketState::Established;
    if (kind.kind == SocketKind::Netlink) {
        const sockaddr_nl to_kernel{.nl_family = AF_NETLINK};
        if (::connect(scene.socket.ref().value, reinterpret_cast<const sockaddr*>(&to_kernel),
                      sizeof to_kernel) < 0)
            return Failure(Error::from_errno(Phase::Connect, "connect", kind.text, errno));
        return {};
    }
    if (kind.kind == SocketKind::Raw4 || kind.kind == SocketKind::Raw6)
        return connect_to(scene.socket, free_address(kind));
    scene.other = TRY(open_kind(kind));
    TRY(bind_free(scene.other, kind));
    const auto peer = TRY(scene.other.local());
    return connect_to(scene.socket, peer);
}

} // namespace

bool has_phase(SocketKind kind, SockoptPhase phase)
{
    switch (phase) {
    case SockoptPhase::Fresh: break;
    case SockoptPhase::Bound: return kind != SocketKind::Xdp; // needs memory shared with the kernel
    case SockoptPhase::Listening:
    case SockoptPhase::Accepted: return is_listening_kind(kind);
    case SockoptPhase::Connected: return kind != SocketKind::Xdp && kind != SocketKind::Packet;
    }
    return true;
}

Result<SockoptsScene> set_scene(const KindTarget& kind, SockoptPhase phase)
{
    SockoptsScene scene;
    scene.socket = TRY(open_kind(kind));
    switch (phase) {
    case SockoptPhase::Fresh: break;
    case SockoptPhase::Bound: TRY(bind_free(scene.socket, kind)); break;
    case SockoptPhase::Listening: TRY(listen_now(scene, kind)); break;
    case SockoptPhase::Accepted: TRY(accept_one(scene, kind)); break;
    case SockoptPhase::Connected:
        if (is_listening_kind(kind.kind)) {
            TRY(accept_one(scene, kind));
            std::swap(scene.socket, scene.other);
        } else {
            TRY(connect_datagram(scene, kind));
        }
        break;
    }
    return scene;
}

} // namespace sockit
