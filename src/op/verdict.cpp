#include "op/verdict.h"

#include "sock/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <netdb.h>

namespace sockit {

namespace {

/// Our own stack speaks of its neighbours, or of an OUTPUT rule; anything from elsewhere came over
/// the wire, whatever errno it became.
ProbeOutcome by_icmp(const IcmpNotice& icmp)
{
    if (!icmp.local)
        return ProbeOutcome::Rejected;
    const bool no_neighbour =
        icmp.v6 ? icmp.type == 1 && icmp.code == 3 : icmp.type == 3 && icmp.code == 1;
    return no_neighbour ? ProbeOutcome::Unreachable : ProbeOutcome::Denied;
}

ProbeOutcome by_unix(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED: return ProbeOutcome::Refused;
    case EACCES:
    case EPERM: return ProbeOutcome::Denied;
    case EAGAIN: // the backlog is full
    case ETIMEDOUT: return ProbeOutcome::Timeout;
    default: return ProbeOutcome::LocalError;
    }
}

ProbeOutcome by_vsock(int code)
{
    switch (code) {
    case ECONNREFUSED:
    case ECONNRESET: return ProbeOutcome::Refused; // a RST, as this family spells it
    case ETIMEDOUT: return ProbeOutcome::Timeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENODEV: return ProbeOutcome::Unreachable;
    case EACCES:
    case EPERM: return ProbeOutcome::Denied;
    default: return ProbeOutcome::LocalError;
    }
}

bool lacks_scope(const Endpoint& to)
{
    return to.family() == AF_INET6 && to.scope().empty() &&
           IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(to.data())->sin6_addr);
}

/// No route leads from a loopback source to another host.
bool is_confined(const Evidence& evidence)
{
    return evidence.from && evidence.from->is_loopback() && !evidence.to.is_loopback();
}

ProbeOutcome by_inet(const Evidence& evidence)
{
    switch (evidence.error->code) {
    case ECONNREFUSED: return ProbeOutcome::Refused;
    case ETIMEDOUT: return ProbeOutcome::Timeout;
    // Without a handshake there is nothing to reset or to close.
    case ECONNRESET:
    case EPIPE: return ProbeOutcome::Reset;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN: return ProbeOutcome::Unreachable;
    // Our own routes and rules answer at once. Later, these come of ICMP messages alone, of which
    // the queue holds none if IP_RECVERR was not to be had.
    case EACCES:
    case EPERM: return evidence.synchronous ? ProbeOutcome::Denied : ProbeOutcome::Rejected;
    case EHOSTDOWN:
    case ENONET:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
        return evidence.synchronous ? ProbeOutcome::LocalError : ProbeOutcome::Rejected;
    case EINVAL: // a blackhole route
        return !evidence.synchronous || lacks_scope(evidence.to) || is_confined(evidence)
                   ? ProbeOutcome::LocalError
                   : ProbeOutcome::Denied;
    default: return ProbeOutcome::LocalError;
    }
}

/// Whether the errno behind EAI_SYSTEM, which stands in the detail, is one of is_shortage().
bool names_shortage(const Error& error)
{
    constexpr std::array shortages{EMFILE, ENFILE, ENOBUFS, ENOMEM};
    return std::ranges::any_of(shortages,
                               [&](int code) { return error.detail == errno_name(code); });
}

/// Before connect(): sockets that could not be made, bound or set up.
ProbeOutcome by_preparation(int code)
{
    return code == EACCES || code == EPERM ? ProbeOutcome::Denied : ProbeOutcome::LocalError;
}

} // namespace

ProbeOutcome verdict(const Evidence& evidence)
{
    if (!evidence.error)
        return evidence.to_ourselves ? ProbeOutcome::SelfConnect : ProbeOutcome::Open;
    const Error& error = *evidence.error;
    if (is_pressure(evidence))
        return ProbeOutcome::LocalError;
    if (error.domain == Domain::Resolver)
        return ProbeOutcome::Unresolved;
    if (error.domain != Domain::Errno)
        return ProbeOutcome::LocalError;
    switch (error.phase) {
    case Phase::Receive:
        if (!evidence.datagram)
            return ProbeOutcome::Reset;
        break;
    case Phase::Send:
        if (!evidence.datagram)
            return by_preparation(error.code);
        break;
    case Phase::Resolve:
        return error.code == ETIMEDOUT ? ProbeOutcome::Timeout : ProbeOutcome::LocalError;
    case Phase::Connect: break;
    default: return by_preparation(error.code);
    }
    if (error.icmp)
        return error.icmp->refusal ? ProbeOutcome::Refused : by_icmp(*error.icmp);
    switch (evidence.to.family()) {
    case AF_UNIX: return by_unix(error.code);
    case AF_VSOCK: return by_vsock(error.code);
    default: return by_inet(evidence);
    }
}

std::string_view explanation(const Evidence& evidence)
{
    if (!evidence.error || evidence.error->domain != Domain::Errno)
        return {};
    const Error& error = *evidence.error;
    if (error.phase != Phase::Connect && !(evidence.datagram && error.phase == Phase::Send))
        return {};
    if (error.icmp)
        return error.icmp->local && verdict(evidence) == ProbeOutcome::Denied
                   ? "a firewall rule of this host"
                   : "";
    if (evidence.to.family() == AF_UNIX)
        return error.code == EAGAIN ? "the backlog of the listener is full" : "";
    if (!evidence.to.is_inet() || !evidence.synchronous)
        return {};
    switch (error.code) {
    case EACCES: return "a prohibit route of this host, or no unicast address";
    case EPERM: return "a firewall rule or policy of this host";
    case EINVAL:
        if (is_confined(evidence))
            return "a loopback source reaches no other host";
        return lacks_scope(evidence.to) ? "a link-local address wants its interface"
                                        : "a blackhole route of this host";
    case EADDRNOTAVAIL: return "no source address or port left for this target";
    default: return {};
    }
}

bool is_pressure(const Evidence& evidence)
{
    if (!evidence.error)
        return false;
    const Error& error = *evidence.error;
    if (error.domain == Domain::Resolver)
        return error.code == EAI_MEMORY || (error.code == EAI_SYSTEM && names_shortage(error));
    if (error.domain != Domain::Errno)
        return false;
    if (is_shortage(error))
        return true;
    switch (error.phase) {
    case Phase::Resolve: return error.code == EAGAIN; // no thread to be had
    case Phase::Bind: return error.code == EADDRINUSE;
    case Phase::Connect:
        return evidence.to.is_inet() && (error.code == EADDRNOTAVAIL || error.code == EAGAIN);
    default: return false;
    }
}

int weight(ProbeOutcome outcome)
{
    switch (outcome) {
    case ProbeOutcome::Open: return 12;
    case ProbeOutcome::Mismatch: return 11;
    case ProbeOutcome::TlsError: return 10;
    case ProbeOutcome::Reset: return 9;
    case ProbeOutcome::Refused: return 8;
    case ProbeOutcome::SelfConnect: return 7;
    case ProbeOutcome::Rejected: return 6;
    case ProbeOutcome::Timeout: return 5;
    case ProbeOutcome::Silent: return 4;
    case ProbeOutcome::Denied: return 3;
    case ProbeOutcome::Unreachable: return 2;
    case ProbeOutcome::Unresolved: return 1;
    case ProbeOutcome::LocalError: return 0;
    }
    return 0;
}

} // namespace sockit
