#pragma once

#include "cmd/options.h"
#include "op/probe.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Options about what happens once a connection stands.
struct ProbeTalkArgs {
    std::optional<std::string> settle;
};

std::vector<Option> probe_talk_options(ProbeTalkArgs& args);

/// Usage errors.
Result<ProbeTalkPlan> plan_probe_talk(const ProbeTalkArgs& args);

} // namespace sockit
