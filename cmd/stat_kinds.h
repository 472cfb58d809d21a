#pragma once

#include "cmd/stat.h"

namespace sockit {

/// Which sockets, by kind and address family: -t -u -x -w -0 -M --vsock -4 -6 -f -A. Returns
/// whether any was named; otherwise the plan has them all.
Result<bool> plan_kinds(const StatArgs& args, StatPlan& plan);

} // namespace sockit
