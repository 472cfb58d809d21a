#pragma once

#include "base/result.h"
#include "event/event.h"
#include "op/stat_plan.h"

namespace sockit {

/// Destroys the sockets of a plan: StatStart, a StatSocket for each that is no more, a Warning for
/// each that could not be destroyed, a StatSummary. Sockets that ended meanwhile are passed over;
/// of kinds that no kernel destroys (unix) none is touched.
///
/// An error: the run was given up (emitted as Failed, too, before the summary), or the one that all
/// failures share; Domain::Unmet where they are of different kinds.
Result<> kill_sockets(const StatPlan& plan, const Emit& emit);

} // namespace sockit
