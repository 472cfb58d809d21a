#pragma once

#include "cmd/options.h"
#include "cmd/tls_options.h"
#include "op/probe.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sockit {

/// Options about what happens once a connection stands, and about what UDP is asked.
struct ProbeTalkArgs {
    std::optional<std::string> settle;
    bool banner = false;
    std::vector<GivenValue> dialogue; ///< --send, --expect and --expect-re in their order
    TlsClientArgs tls;
    std::optional<std::string> least_days;
    bool each_address = false;
};

std::vector<Option> probe_talk_options(ProbeTalkArgs& args);

/// Usage errors. All but TLS.
Result<ProbeTalkPlan> plan_probe_talk(const ProbeTalkArgs& args, Duration timeout);

/// What the TLS options mean for these targets, which are all there will be. Usage errors.
Result<> secure_targets(ProbeTalkPlan& plan, const ProbeTalkArgs& args,
                        std::span<const TargetGroup> targets);

} // namespace sockit
