#include "op/probe_rounds.h"

namespace sockit {

ProbeRounds::ProbeRounds(const ProbePlan& /*plan*/) {}

ProbeRounds::Next ProbeRounds::after(std::size_t /*number*/, const ProbeResult& /*result*/)
{
    return {};
}

void ProbeRounds::finish(const Emit& /*emit*/) const {}

} // namespace sockit
