#pragma once

#include "base/result.h"
#include "event/event.h"
#include "event/saved.h"
#include "op/stat_plan.h"

namespace sockit {

/// Compares the sockets of the plan's two files: StatStart, a StatChange each, a StatSummary that
/// counts those of the later file. Whether there is any change. Errors, emitted as Failed, too: a
/// file of which nothing could be read.
Result<bool> diff_sockets(const StatPlan& plan, const Emit& emit, const SavedReader& saved);

} // namespace sockit
