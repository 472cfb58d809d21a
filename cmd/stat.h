#pragma once

#include "cmd/command.h"
#include "cmd/stat_time.h"
#include "op/stat.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sockit {

struct StatArgs {
    OutputArgs output;
    bool all = false;
    bool listening = false;
    bool tcp = false;
    bool udp = false;
    bool local = false; ///< unix
    bool raw = false;
    bool mptcp = false;
    bool packet = false;
    bool vsock = false;
    std::vector<std::string> families;
    std::vector<std::string> queries;
    bool v4 = false;
    bool v6 = false;
    bool numeric = false;
    bool processes = false;
    bool extended = false;
    bool info = false;
    bool memory = false;
    bool timers = false;
    bool no_header = false;
    bool one_line = false;
    bool threads = false;
    bool totals = false;
    bool resolve = false;
    std::optional<std::string> timeout;
    bool check = false;
    std::optional<std::string> count_by;
    std::optional<std::string> columns;
    std::optional<std::string> sort;
    bool all_namespaces = false;
    bool bound_inactive = false;
    bool type_of_service = false;
    bool inet_options = false;
    bool cgroup = false;
    std::optional<std::string> via;
    std::optional<std::string> proc_root;
    std::optional<std::string> netns;
    StatTimeArgs time;

    bool operator==(const StatArgs&) const = default;
};

std::vector<Option> stat_options(StatArgs& args);

/// Every rule between the options of stat.
Result<StatPlan> plan_stat(const StatArgs& args, std::span<const std::string> words);

std::unique_ptr<Invocation> make_stat();

} // namespace sockit
