#pragma once

#include "base/result.h"

#include <string_view>

namespace sockit {

/// Moves this thread into a network namespace: a name below /run/netns, a path (anything with a
/// slash), or the pid of a process that lives there. Call before threads are started. Errors: no
/// such namespace (usage), EPERM without CAP_SYS_ADMIN.
Result<> enter_netns(std::string_view where);

} // namespace sockit
