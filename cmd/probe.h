#pragma once

#include "cmd/options.h"
#include "cmd/probe_machine.h"
#include "cmd/probe_rounds.h"
#include "cmd/probe_talk.h"
#include "cmd/probe_targets.h"
#include "cmd/session.h"
#include "op/probe.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

struct ProbeArgs {
    std::vector<std::string> words;
    OutputArgs output;
    NetworkArgs network;
    std::optional<std::string> want;
    ProbeTalkArgs talk;
    ProbeMachineArgs machine;
    ProbeRoundsArgs rounds;
    ProbeTargetArgs targets;
    std::optional<std::string> parallel;
    std::optional<std::string> threads;
    std::optional<std::string> rate;
    std::optional<std::string> retries;
    bool any = false;
    bool runs_command = false; ///< after the last target, in our place
};

/// Usage errors. Files of targets are not read; what the talk wants of targets is not checked where
/// there are any.
Result<ProbePlan> plan_probe(const ProbeArgs& args);

/// What an outcome that was not wanted ends the command with: No where the outcome itself is a
/// success.
ExitStatus exit_status(ProbeOutcome outcome);

/// Of the whole run: the status that all failed targets share, else No. `any`: one target that is
/// ok is enough.
ExitStatus probe_status(const ProbeEnd& end, const ProbeOutcomes& want, bool any);

/// The line for people when that status is not Done.
Error probe_reason(const ProbeEnd& end, const ProbeOutcomes& want);

} // namespace sockit
