#pragma once

#include "cmd/options.h"
#include "op/echo_server.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What an echo server shall do wrong.
struct EchoFaultArgs {
    std::optional<std::string> seed;
    std::optional<std::string> delay;
    std::optional<std::string> rate;
    std::optional<std::string> slow_read;
    std::optional<std::string> close_after;
    std::optional<std::string> reset_after;
    std::optional<std::string> half_close_after;
    std::optional<std::string> corrupt;
    std::optional<std::string> drop;
    std::optional<std::string> duplicate;
    std::optional<std::string> reorder;
    std::optional<std::string> accept_delay;
    bool no_accept = false;

    bool operator==(const EchoFaultArgs&) const = default;
};

std::vector<Option> echo_fault_options(EchoFaultArgs& args);

/// Usage errors: probabilities beyond 0 to 1, delays beyond a day, a jitter beyond the delay.
Result<EchoFaultPlan> plan_echo_faults(const EchoFaultArgs& args);

} // namespace sockit
