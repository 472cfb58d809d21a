#pragma once

#include "base/result.h"
#include "event/event.h"
#include "sock/sockopt.h"

#include <cstdint>
#include <optional>
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

struct SockoptsGetPlan {
    KindTarget kind;
    std::vector<SockoptRow> rows; ///< empty: all that the kind has
    bool non_default = false;

    bool operator==(const SockoptsGetPlan&) const = default;
};

struct SockoptsSetPlan {
    KindTarget kind;
    std::vector<SockoptSetting> settings;
    bool apply = false; ///< else a dry run

    bool operator==(const SockoptsSetPlan&) const = default;
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
/// OptionChanged, with NAME=OLD for the way back. A dry run predicts instead of setting.
Result<SockoptsEnd> set_sockopts(const SockoptsSetPlan& plan, const Emit& emit);
/// OptionChanged: what the kernel makes of each setting in that phase of a socket's life.
Result<SockoptsEnd> verify_sockopts(const SockoptsVerifyPlan& plan, const Emit& emit);

} // namespace sockit
