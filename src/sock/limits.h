#pragma once

#include <sys/resource.h>

namespace sockit {

/// Raises this process's soft limit of open descriptors to the hard one and returns what it was,
/// for children. Best effort: where it is not allowed, the old limit stays and is met later as
/// EMFILE.
rlimit raise_descriptor_limit();

} // namespace sockit
