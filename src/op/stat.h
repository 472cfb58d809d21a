#pragma once

#include "base/result.h"
#include "event/event.h"
#include "op/stat_plan.h"

namespace sockit {

/// Lists sockets: StatStart, a StatOverview if planned, a StatSocket each, a StatSummary; Warnings
/// for full accept queues and for what could not be read. Only listings with processes and the
/// overview are held in memory, all others are passed on as they are read. An error: nothing, or
/// not all, could be read; it was emitted as Failed, too, before the summary.
Result<> stat_sockets(const StatPlan& plan, const Emit& emit);

} // namespace sockit
