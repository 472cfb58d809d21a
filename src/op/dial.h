#pragma once

#include "loop/signals.h"
#include "op/socket_plan.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace sockit {

/// Connected sockets to one target, and why others could not be had.
struct Dialled {
    struct Connection {
        Socket socket;
        Endpoint peer;
    };

    std::vector<Connection> connections;
    std::vector<Error> failures; ///< one for each connection that is missing
    std::optional<int> signal;   ///< it came first: the rest was given up
};

/// Resolves the target and connects `count` sockets to it, all at once, each trying the addresses
/// in turn until the deadline (then ETIMEDOUT). A unix listener whose backlog is full is asked
/// again. TCP sockets have TCP_NODELAY, all have the plan's options; emits what became of those.
/// Errors: the target cannot be resolved; the loop cannot be had.
Result<Dialled> dial(const Target& target, const SocketPlan& plan, std::size_t count,
                     const Deadline& deadline, const Signals& signals, const Emit& emit);

} // namespace sockit
