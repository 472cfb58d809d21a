#pragma once

#include "cmd/exit_status.h"
#include "cmd/options.h"
#include "op/sockopts.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sockit {

/// Which sockets of processes are meant.
struct LiveArgs {
    std::optional<std::string> pid;
    std::optional<std::string> fd;
    std::optional<std::string> sock;
    std::optional<std::string> inode;
    std::optional<std::string> cookie;

    bool operator==(const LiveArgs&) const = default;

    [[nodiscard]] bool given() const { return *this != LiveArgs{}; }
};

struct SockoptsArgs {
    SockoptsAct act = SockoptsAct::List;
    std::vector<std::string> words;
    LiveArgs live;
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
                                  SockoptsSetPlan, SockoptsVerifyPlan, SockoptsDiffPlan>;

/// `--pid --fd --sock --inode --cookie`.
std::vector<Option> live_options(LiveArgs& args);

/// Usage errors: a number that is none, --fd without --pid, an address without its port, a name
/// where an address is needed.
Result<LiveTarget> plan_live_target(const LiveArgs& args);

/// A kind (`tcp4`), or the words of the options in one: `pid=5,fd=3`, `inode=N`, `cookie=HEX`,
/// `sock=ADDR:PORT[-PEER]`, with sock last.
Result<SockoptsTarget> plan_target_word(std::string_view word);

/// Usage errors: a missing or unknown target, option, value, level, filter or phase.
Result<SockoptsPlan> plan_sockopts(const SockoptsArgs& args);

/// Done when every option did what was asked; else what its error means, or No; No as well where
/// the failures differ, where nothing was to be listed, no socket was found, or a diff found
/// something.
ExitStatus sockopts_status(const SockoptsEnd& end);

/// The line for people when that status is not Done.
Error sockopts_reason(const SockoptsEnd& end);

} // namespace sockit
