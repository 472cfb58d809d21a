#pragma once

#include "cmd/options.h"
#include "cmd/session.h"
#include "op/probe.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Options for whoever reads the results with a program, and the way to the targets.
struct ProbeMachineArgs {
    std::optional<std::string> format;
    std::vector<std::string> labels;
    bool trace = false;
    std::optional<std::string> max_hops;
};

std::vector<Option> probe_machine_options(ProbeMachineArgs& args);

/// The output options with --format among them. Usage errors, also where they contradict each
/// other.
Result<OutputPlan> plan_probe_output(const OutputArgs& output, const ProbeMachineArgs& args);

/// `KEY=VALUE` each: a key is a name as in C, none twice, and none that a format has a use for.
Result<ProbeLabels> plan_probe_labels(const std::vector<std::string>& labels);

/// Fills what concerns --trace; the rest of the plan is there. Usage errors where that asks more
/// than a trace can; whether the targets can be traced is not looked at.
Result<> plan_probe_trace(const ProbeMachineArgs& args, ProbePlan& plan);

} // namespace sockit
