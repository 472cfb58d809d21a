#include "event/probe.h"

namespace sockit {

namespace {

constexpr std::array<std::string_view, probe_outcome_count> names{
    "open",    "refused", "rejected",   "unreachable",  "denied",
    "timeout", "reset",   "unresolved", "self-connect", "local-error",
};

} // namespace

std::string_view probe_outcome_name(ProbeOutcome outcome)
{
    return names[static_cast<std::size_t>(outcome)];
}

} // namespace sockit
