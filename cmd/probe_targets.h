#pragma once

#include "cmd/options.h"
#include "sock/target_list.h"

#include <string>
#include <vector>

namespace sockit {

/// Targets that are not words of the command line.
struct ProbeTargetArgs {
    std::vector<std::string> files;
};

std::vector<Option> probe_target_options(ProbeTargetArgs& args);

/// Those of the words; none at all are an error unless there are files, which are not read here.
/// Usage errors.
Result<std::vector<TargetGroup>> plan_probe_targets(const std::vector<std::string>& words,
                                                    const ProbeTargetArgs& args);

/// Reads the files, in the order given, and adds their targets to `targets`. Usage errors, also
/// where there is no target then; and those of reading.
Result<> add_listed_targets(std::vector<TargetGroup>& targets, const ProbeTargetArgs& args);

} // namespace sockit
