#pragma once

#include "base/result.h"
#include "event/event.h"
#include "event/saved.h"
#include "op/stat_plan.h"

#include <cstdint>

namespace sockit {

/// What a listing reads and writes apart from its events.
struct StatFiles {
    SavedReader read; ///< StatSource::Saved
    /// Takes the records of all sockets, with all that is known of each, where they shall be saved.
    Emit save;
};

/// Lists sockets: StatStart, StatTotals and a StatOverview if planned, a StatSocket each or, where
/// the plan counts, a StatGroup for those that are alike, a StatSummary; Warnings for full accept
/// queues and for what could not be read. Only listings with processes, sorted ones and the
/// overview are held in memory, all others are passed on as they are read. Returns how many sockets
/// were listed or counted. An error: nothing, or not all, could be read; it was emitted as Failed,
/// too, before the summary.
Result<std::uint64_t> stat_sockets(const StatPlan& plan, const Emit& emit,
                                   const StatFiles& files = {});

} // namespace sockit
