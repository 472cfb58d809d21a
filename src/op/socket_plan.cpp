#include "op/socket_plan.h"

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

Result<Socket> open_client_socket(Transport transport, const Endpoint& to, const SocketPlan& plan,
                                  const Emit& emit)
{
    auto socket =
        TRY(Socket::open(to.family(), socket_type(transport), socket_protocol(transport)));
    keep_icmp_errors(socket.ref(), to.family());
    TRY(bind_to_interface(socket, plan.interface));
    TRY(apply_options(socket, plan, SockoptPhase::Fresh, emit));
    if (plan.source) {
        if (plan.source->family() != to.family())
            return Failure(
                Error::from_errno(Phase::Bind, "bind", plan.source->text(), EADDRNOTAVAIL));
        TRY(socket.bind(*plan.source));
        TRY(apply_options(socket, plan, SockoptPhase::Bound, emit));
    }
    return socket;
}

} // namespace sockit
