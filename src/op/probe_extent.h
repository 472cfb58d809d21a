#pragma once

#include "event/event.h"
#include "sock/target_list.h"

#include <span>

namespace sockit {

/// A Warning for each range of more than 65,536 addresses: more than a /16, perhaps a typing error.
void warn_of_wide_ranges(std::span<const TargetGroup> groups, const Emit& emit);

} // namespace sockit
