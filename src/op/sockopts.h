#pragma once

#include "base/result.h"
#include "event/event.h"
#include "op/sockopts_live.h"
#include "sock/sockopt.h"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace sockit {

/// What rows `sockopts list` can be narrowed to.
enum class SockoptsFilter : std::uint8_t {
    Gettable,
    Settable,
    ReadOnly,
    WriteOnly,
    Privileged,
    Inherited,    ///< by accept()
    Transformed,  ///< the kernel makes another value of the request
    SideEffects,  ///< reading is not harmless
    Unimplemented ///< in headers only
};

struct SockoptsListPlan {
    std::optional<int> level;
    std::optional<SocketKind> kind;
    std::vector<SockoptsFilter> filters; ///< all must hold

    bool operator==(const SockoptsListPlan&) const = default;
};

struct SockoptsDescribePlan {
    std::vector<SockoptRow> rows;

    bool operator==(const SockoptsDescribePlan&) const = default;
};

/// A socket of our own, made for this, or those of processes.
using SockoptsTarget = std::variant<KindTarget, LiveTarget>;

/// The words for it.
const std::string& target_text(const SockoptsTarget& target);

struct SockoptsGetPlan {
    SockoptsTarget target;
    std::vector<SockoptRow> rows; ///< empty: all that the socket has
    bool non_default = false;

    bool operator==(const SockoptsGetPlan&) const = default;
};

struct SockoptsSetPlan {
    SockoptsTarget target;
    std::vector<SockoptSetting> settings;
    bool apply = false; ///< else a dry run

    bool operator==(const SockoptsSetPlan&) const = default;
};

struct SockoptsDiffPlan {
    SockoptsTarget left;
    SockoptsTarget right;

    bool operator==(const SockoptsDiffPlan&) const = default;
};

struct SockoptsVerifyPlan {
    KindTarget kind;
    std::vector<SockoptSetting> settings;
    SockoptPhase phase = SockoptPhase::Fresh;

    bool operator==(const SockoptsVerifyPlan&) const = default;
};

/// An option that did not do what was asked of it.
struct SockoptsFailure {
    SockoptRow row;
    std::optional<Error> error;            ///< why it was refused or could not be read
    std::optional<SockoptOutcome> outcome; ///< of set and verify
    bool whole_socket = false;             ///< not about an option: the socket was not to be had
};

struct SockoptsEnd {
    SockoptsSummary summary;
    std::vector<SockoptsFailure> failures;
};

// Each emits SockoptsStarted, then SockoptsSocket where there is one, an event an option, and
// SockoptsSummary. All work on scratch sockets of their own. An error means that no socket was to
// be had; then nothing was emitted.

/// OptionListed for every row of the table that the plan wants.
Result<SockoptsEnd> list_sockopts(const SockoptsListPlan& plan, const Emit& emit);
/// OptionListed in full for every row.
Result<SockoptsEnd> describe_sockopts(const SockoptsDescribePlan& plan, const Emit& emit);
/// OptionRead; never of what reading changes or of keys.
Result<SockoptsEnd> get_sockopts(const SockoptsGetPlan& plan, const Emit& emit);
/// OptionChanged, with NAME=OLD for the way back. A dry run predicts instead of setting. Some
/// options are not for live sockets: EPERM, whose detail says why.
Result<SockoptsEnd> set_sockopts(const SockoptsSetPlan& plan, const Emit& emit);
/// OptionChanged: what the kernel makes of each setting in that phase of a socket's life.
Result<SockoptsEnd> verify_sockopts(const SockoptsVerifyPlan& plan, const Emit& emit);
/// A SockoptsSocket each and an OptionDiffers for every option of which the values differ, but
/// those that differ from socket to socket by nature. A target of several sockets is a failure.
Result<SockoptsEnd> diff_sockopts(const SockoptsDiffPlan& plan, const Emit& emit);

} // namespace sockit
