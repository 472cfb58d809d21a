#pragma once

#include <sys/resource.h>

namespace sockit {

/// Raises this process's soft limit of open descriptors to the hard one. Best effort: where it is
/// not allowed, the old limit stays and is met later as EMFILE. Returns the limits as they were.
rlimit raise_descriptor_limit();

} // namespace sockit
