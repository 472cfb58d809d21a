#pragma once

#include "cmd/options.h"
#include "op/acceptor.h"

#include <string>
#include <vector>

namespace sockit {

struct WhyBindArgs {
    std::vector<std::string> words;
    NetworkArgs network;
    OutputArgs output;
};

/// Usage errors: no address, a bad one, a bad option.
Result<ListenerPlan> plan_why_bind(const WhyBindArgs& args);

} // namespace sockit
