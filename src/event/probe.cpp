#include "event/probe.h"

namespace sockit {

namespace {

using enum ProbeOutcome;

constexpr std::array<ProbeOutcome, probe_outcome_count> all{
    Open,  Refused,    Rejected, Unreachable, Denied,      Timeout,    Silent,
    Reset, Unresolved, Mismatch, TlsError,    SelfConnect, LocalError,
};

} // namespace

std::string_view probe_outcome_name(ProbeOutcome outcome)
{
    switch (outcome) {
    case Open: return "open";
    case Refused: return "refused";
    case Rejected: return "rejected";
    case Unreachable: return "unreachable";
    case Denied: return "denied";
    case Timeout: return "timeout";
    case Silent: return "silent";
    case Reset: return "reset";
    case Unresolved: return "unresolved";
    case Mismatch: return "mismatch";
    case TlsError: return "tls-error";
    case SelfConnect: return "self-connect";
    case LocalError: return "local-error";
    }
    return {};
}

std::span<const ProbeOutcome> all_probe_outcomes() { return all; }

} // namespace sockit
