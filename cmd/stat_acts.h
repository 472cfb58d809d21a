#pragma once

#include "cmd/session.h"
#include "op/stat_plan.h"

namespace sockit {

/// Whether sockets are watched by a person: a table on the terminal, instead of records.
bool watches_live(const StatPlan& plan, const OutputPlan& output);

/// Does what is planned, whichever act it is.
Result<Ending> run_stat(const StatPlan& plan, const Emit& emit);

} // namespace sockit
