#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "event/event.h"
#include "op/stat_events.h"
#include "op/stat_plan.h"

#include <functional>

namespace sockit {

/// A person in front of a table that changes.
struct LiveTable {
    FdRef keys;                        ///< a terminal in raw mode; none if invalid
    std::function<std::size_t()> rows; ///< how many sockets there is room for now
};

/// Looks at the plan's sockets again and again, until a signal, the deadline or the count of looks
/// is reached, or nobody reads `output` any more. StatStart after the first look; then a StatChange
/// for each socket that came or went, and with tcp_info a StatRate for each that moved bytes; a
/// StatSummary that counts those of the last look.
///
/// With `live`, instead: for each look as many StatRates as there is room for, changes first, and a
/// StatFrame; `q` ends it, arrows move the table.
Result<StatEnd> watch_sockets(const StatPlan& plan, const Emit& emit, FdRef output,
                              const LiveTable* live);

} // namespace sockit
