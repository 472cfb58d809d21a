#pragma once

#include "op/op_loop.h"
#include "op/relay_session.h"

namespace sockit {

/// One RelaySession in a loop of its own, to its end or until the loop is stopped.
RelayOutcome run_relay(OpLoop& loop, Channel& channel, Stream input, Destination& destination,
                       const RelayPlan& plan, const Emit& emit);

} // namespace sockit
