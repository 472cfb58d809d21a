#pragma once

#include "op/socket_plan.h"

namespace sockit {

/// Small writes go out at once (TCP_NODELAY; a listener hands it on), unless the plan sets that
/// option itself. Best effort, nothing on other than TCP.
void set_nodelay(const Socket& socket, const SocketPlan& plan);

} // namespace sockit
