#pragma once

#include "op/op_loop.h"
#include "op/probe.h"

namespace sockit {

/// probe() with --trace: the targets one after the other, of each name the first address that the
/// source can reach. Emits the hops of the way and then the result, which is the last answer.
Result<ProbeEnd> trace_targets(const ProbePlan& plan, const Emit& emit, OpLoop& loop);

} // namespace sockit
