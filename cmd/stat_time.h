#pragma once

#include "cmd/options.h"
#include "cmd/session.h"
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

/// Every rule between these options and what is planned already; takes those of the words that are
/// theirs.
Result<> plan_stat_time(const StatTimeArgs& args, std::span<const std::string>& words,
                        StatPlan& plan);

/// Whether sockets are watched by a person: a table on the terminal, instead of records.
bool watches_live(const StatPlan& plan, const OutputPlan& output);

/// Does what is planned, whichever act it is.
Result<Ending> run_stat(const StatPlan& plan, const Emit& emit);

} // namespace sockit
