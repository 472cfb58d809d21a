#pragma once

#include "op/echo_server.h"

namespace sockit {

/// echo_server() for transports with connections: a poller and a listener per thread, which share
/// the port (SO_REUSEPORT); a unix socket, or one that was passed to us, is shared as it is.
Result<std::optional<int>> serve_streams(const EchoServerPlan& plan, const Emit& emit);

} // namespace sockit
