#pragma once

#include "cmd/options.h"
#include "op/stat_plan.h"

#include <optional>
#include <span>
#include <string>

namespace sockit {

/// The options of stat that end sockets, or that look more than once.
struct StatTimeArgs {
    bool kill = false;
    bool dry_run = false;
    bool events = false;
    std::optional<std::string> watch;
    std::optional<std::string> save;
    std::optional<std::string> from;
    std::optional<std::string> diff;
    std::optional<std::string> deadline;
    std::optional<std::string> count;

    /// Acts for which an overview would be too little.
    [[nodiscard]] bool looks_at_all() const { return events || diff || watch; }

    bool operator==(const StatTimeArgs&) const = default;
};

std::vector<Option> stat_time_options(StatTimeArgs& args);

/// Takes the word that belongs to --diff.
Result<> take_second_file(const StatTimeArgs& args, std::span<const std::string>& words,
                          StatPlan& plan);

/// Every rule between these options and what is planned already.
Result<> plan_stat_time(const StatTimeArgs& args, StatPlan& plan);

} // namespace sockit
