#include "op/socket_plan.h"

#include "sock/datagram_io.h"
#include "sock/errqueue.h"

#include <cerrno>

namespace sockit {

Result<std::vector<SockoptOutcome>> apply_options(const Socket& socket, const SocketPlan& plan,
                                                  SockoptPhase phase)
{
    auto outcomes = apply_sockopts(socket.ref(), plan.sockopts, phase);
    for (const auto& outcome : outcomes)
        if (outcome.verdict == SockoptVerdict::Refused && outcome.error)
            return Failure(*outcome.error);
    for (const auto& outcome : outcomes)
        if (plan.strict && !outcome.satisfied())
            return Failure(Error::unmet("setsockopt", sockopt_label(outcome.row),
                                        sockopt_outcome_text(outcome)));
    return outcomes;
}

bool tell_options(const std::vector<SockoptOutcome>& outcomes, const Emit& emit)
{
    bool open = true;
    for (const auto& outcome : outcomes) {
        const auto text = sockopt_outcome_text(outcome);
        open = outcome.satisfied() ? emit(Note{text})
                                   : emit(Warning{.message = text, .error = std::nullopt});
    }
    return open;
}

Result<> apply_options(const Socket& socket, const SocketPlan& plan, SockoptPhase phase,
                       const Emit& emit)
{
    tell_options(TRY(apply_options(socket, plan, phase)), emit);
    return {};
}

namespace {

Result<> limit_hops(const Socket& socket, std::uint8_t limit)
{
    return socket.family() == AF_INET6
               ? socket.set_option(SOL_IPV6, IPV6_UNICAST_HOPS, limit, "IPV6_UNICAST_HOPS")
               : socket.set_option(SOL_IP, IP_TTL, limit, "IP_TTL");
}

} // namespace

Result<> bind_to_interface(const Socket& socket, const std::string& interface)
{
    if (interface.empty())
        return {};
    if (::setsockopt(socket.ref().value, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                     static_cast<socklen_t>(interface.size())) < 0)
        return Failure(
            Error::from_errno(Phase::Socket, "setsockopt SO_BINDTODEVICE", interface, errno));
    return {};
}

Result<Socket> open_socket(Transport transport, int family)
{
    auto socket = Socket::open(family, socket_type(transport), socket_protocol(transport));
    if (socket || (transport != Transport::Mptcp && transport != Transport::Vsock))
        return socket;
    switch (socket.error().code) {
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case ENOPROTOOPT: // net.mptcp.enabled=0
        return Failure(
            Error::unsupported("socket", transport_name(transport), socket.error().code));
    default: return socket;
    }
}

Result<Socket> open_client_socket(Transport transport, const Endpoint& to, const SocketPlan& plan,
                                  const Emit& emit)
{
    auto socket = TRY(open_socket(transport, to.family()));
    widen_receive_buffer(socket);
    keep_icmp_errors(socket.ref(), to.family());
    TRY(bind_to_interface(socket, plan.interface));
    TRY(apply_options(socket, plan, SockoptPhase::Fresh, emit));
    if (plan.hop_limit)
        TRY(limit_hops(socket, *plan.hop_limit));
    if (plan.source) {
        if (plan.source->family() != to.family())
            return Failure(
                Error::from_errno(Phase::Bind, "bind", plan.source->text(), EADDRNOTAVAIL));
        TRY(socket.bind(*plan.source));
        TRY(apply_options(socket, plan, SockoptPhase::Bound, emit));
    } else if (transport == Transport::UnixDgram) {
        TRY(socket.bind(Endpoint::unix_unnamed()));
    }
    return socket;
}

} // namespace sockit
