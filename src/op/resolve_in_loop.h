#pragma once

#include "op/op_loop.h"
#include "sock/resolve.h"

#include <vector>

namespace sockit {

/// The target's endpoints, asked for while the loop's signals and deadline are minded; none when
/// the loop was stopped. Nothing else may be in the loop's poller. At `limit`: ETIMEDOUT,
/// Phase::Resolve.
Result<std::vector<Endpoint>> resolve_in_loop(OpLoop& loop, const Target& target,
                                              AddressFamily family, const Deadline& limit);

} // namespace sockit
