#pragma once

#include "diag/filter.h"

namespace sockit {

/// Finds what the names in the filter stand for, here and now: the addresses of hosts (within ten
/// seconds each), the numbers of devices in this network namespace, the ids of control groups, the
/// range of ports that this kernel chooses from.
///
/// Errors: EAI_* for a host, ENODEV, ENOENT for a control group; the subject is the name.
Result<> find_names(Filter& filter);

/// Where all sockets are not of this machine, or not of this namespace: hosts alone. Devices are
/// then compared by name, control groups by path.
Result<> find_hosts(Filter& filter);

} // namespace sockit
