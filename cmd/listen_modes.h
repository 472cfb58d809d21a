#pragma once

#include "cmd/options.h"
#include "cmd/relay_options.h"
#include "op/listen.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Options of listen about what becomes of what many connections say.
struct ListenModeArgs {
    bool broadcast = false;
    bool chat = false;
    bool tag = false;
    bool discard = false;
    std::optional<std::string> out_directory;

    bool operator==(const ListenModeArgs&) const = default;
};

std::vector<Option> listen_mode_options(ListenModeArgs& args);

/// Brings the modes into a plan that has everything else.
Result<> plan_modes(const ListenModeArgs& args, const RelayArgs& relay, ListenPlan& plan);

} // namespace sockit
