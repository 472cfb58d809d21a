#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "event/event.h"
#include "op/stat_plan.h"

#include <optional>

namespace sockit {

/// How a run that has no end of its own ended.
struct StatEnd {
    std::optional<int> signal;
};

/// Tells of the plan's TCP and UDP sockets when the kernel destroys them, until a signal, the
/// deadline or the count: StatStart once none is missed, a StatDestroyed each, a StatSummary. What
/// the kernel had no room for is a Warning. It also ends when nobody reads `output` any more.
Result<StatEnd> tell_destroyed(const StatPlan& plan, const Emit& emit, FdRef output);

} // namespace sockit
