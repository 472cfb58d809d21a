#include "cmd/exit_status.h"

#include <cerrno>

namespace sockit {

namespace {

/// An ICMP error by who sent it: our own stack speaks of its routes and neighbours, or of an OUTPUT
/// rule; anything from elsewhere is the network's rejection.
ExitStatus icmp_status(const IcmpNotice& icmp)
{
    if (icmp.refusal)
        return ExitStatus::Refused;
    if (!icmp.local)
        return ExitStatus::Unreachable;
    const bool host_unreachable =
        icmp.v6 ? icmp.type == 1 && icmp.code == 3 : icmp.type == 3 && icmp.code == 1;
    return host_unreachable ? ExitStatus::Unreachable : ExitStatus::Denied;
}

ExitStatus connect_status(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTSOCK: return ExitStatus::Refused;
    case EINVAL: return ExitStatus::Denied; // a blackhole route
    default: return ExitStatus::Local;
    }
}

ExitStatus errno_status(const Error& error)
{
    if (error.phase == Phase::Output)
        return ExitStatus::Local;
    if (error.phase == Phase::Connect && error.subject.starts_with("vsock:")) {
        if (error.code == ECONNRESET) // a refusal, as this family spells it
            return ExitStatus::Refused;
        if (error.code == ENODEV) // no transport leads to that CID
            return ExitStatus::Unreachable;
    }
    switch (error.code) {
    case ETIMEDOUT: return ExitStatus::NoAnswer;
    case EPROTO: return ExitStatus::No; // the peer speaks another protocol
    case EACCES:
    case EPERM: return ExitStatus::Denied;
    case ECONNREFUSED: return ExitStatus::Refused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET: return ExitStatus::Unreachable;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case ENOPROTOOPT:
    case EOPNOTSUPP: return ExitStatus::Unsupported;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
    case ENOTCONN: return ExitStatus::Reset;
    case EAGAIN: // connect(2): a unix listener whose backlog is full
        return error.phase == Phase::Connect && error.subject.starts_with("unix:")
                   ? ExitStatus::NoAnswer
                   : ExitStatus::Local;
    default: break;
    }
    return error.phase == Phase::Connect ? connect_status(error.code) : ExitStatus::Local;
}

} // namespace

ExitStatus exit_status(const Error& error)
{
    switch (error.domain) {
    case Domain::Usage: return ExitStatus::Usage;
    case Domain::Unmet: return ExitStatus::No;
    case Domain::Unsupported: return ExitStatus::Unsupported;
    case Domain::Resolver: return ExitStatus::Unresolved;
    case Domain::Tls:
        return error.code == static_cast<int>(TlsFault::Truncated) ? ExitStatus::Reset
                                                                   : ExitStatus::Tls;
    case Domain::Errno: break;
    }
    return error.icmp ? icmp_status(*error.icmp) : errno_status(error);
}

} // namespace sockit
