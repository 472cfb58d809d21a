#pragma once

#include "cmd/options.h"
#include "cmd/session.h"
#include "op/probe.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Options about asking a target more than once.
struct ProbeRoundsArgs {
    std::optional<std::string> count;
    std::optional<std::string> interval;
    std::optional<std::string> wait;
    bool wait_dns = false;
};

std::vector<Option> probe_rounds_options(ProbeRoundsArgs& args);

/// Usage errors. --interval alone tries until it is stopped.
Result<ProbeRoundsPlan> plan_probe_rounds(const ProbeRoundsArgs& args);

/// What a terminal gets besides: the line of progress, and a picture of the times.
void plan_looks(ProbeRoundsPlan& rounds, const OutputPlan& output);

/// With --wait: what the waiting ends with. NoAnswer for whatever was not wanted until its end;
/// what ended it before keeps its own status.
ExitStatus wait_status(const ProbeEnd& end, const ProbePlan& plan);

/// The line for people when one target was waited for in vain.
Error wait_reason(const ProbeResult& last, const ProbePlan& plan, const std::string& wanted);

} // namespace sockit
