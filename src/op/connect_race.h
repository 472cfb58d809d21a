#pragma once

#include "op/op_loop.h"
#include "op/socket_plan.h"

#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// A connection that stands, with both its ends as the kernel names them.
struct Connection {
    Socket socket;
    Endpoint local;
    Endpoint peer;
};

/// Families alternate, beginning with the first, each in the order it has (RFC 8305, section 4).
std::vector<Endpoint> interleave_families(std::span<const Endpoint> endpoints);

/// Connects to whichever of the endpoints answers first (RFC 8305): the next one is tried 250 ms
/// after the last, or at once when an attempt fails. Every attempt is a ConnectAttempt event. At
/// `deadline` what is still open ends with ETIMEDOUT. A connection to ourselves counts as refused.
/// Where all fail, the error is that of whoever came closest to answering. Nothing when the loop
/// was stopped.
Result<std::optional<Connection>> race_to_connect(OpLoop& loop, Transport transport,
                                                  std::span<const Endpoint> endpoints,
                                                  const SocketPlan& plan, const Deadline& deadline,
                                                  const Emit& emit);

} // namespace sockit
