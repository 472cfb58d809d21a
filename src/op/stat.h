#pragma once

#include "base/result.h"
#include "event/event.h"
#include "event/saved.h"
#include "op/stat_plan.h"

namespace sockit {

/// What a listing reads and writes apart from its events.
struct StatFiles {
    SavedReader read; ///< StatSource::Saved
    /// Takes the records of all sockets, with all that is known of each, where they shall be saved.
    Emit save;
};

/// Lists sockets: StatStart, a StatOverview if planned, a StatSocket each, a StatSummary; Warnings
/// for full accept queues and for what could not be read. Only listings with processes and the
/// overview are held in memory, all others are passed on as they are read. An error: nothing, or
/// not all, could be read; it was emitted as Failed, too, before the summary.
Result<> stat_sockets(const StatPlan& plan, const Emit& emit, const StatFiles& files = {});

} // namespace sockit
