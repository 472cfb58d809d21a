#pragma once

#include "cmd/exit_status.h"
#include "cmd/options.h"
#include "op/sockopts.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sockit {

struct SockoptsArgs {
    SockoptsAct act = SockoptsAct::List;
    std::vector<std::string> words;
    OutputArgs output;
    std::optional<std::string> netns;
    std::optional<std::string> level;
    std::optional<std::string> kind;
    std::vector<std::string> filters;
    bool non_default = false;
    bool apply = false;
    std::optional<std::string> phase;
};

using SockoptsPlan = std::variant<SockoptsListPlan, SockoptsDescribePlan, SockoptsGetPlan,
                                  SockoptsSetPlan, SockoptsVerifyPlan>;

/// Usage errors: a missing or unknown target, option, value, level, filter or phase.
Result<SockoptsPlan> plan_sockopts(const SockoptsArgs& args);

/// Done when every option did what was asked; else what its error means, or No; No as well where
/// the failures differ, and where nothing was to be listed.
ExitStatus sockopts_status(const SockoptsEnd& end);

/// The line for people when that status is not Done.
Error sockopts_reason(const SockoptsEnd& end);

} // namespace sockit
