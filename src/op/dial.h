#pragma once

#include "op/op_loop.h"
#include "op/socket_plan.h"

#include <cstddef>
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
};

/// Resolves the target and connects `count` sockets to it, all at once, each trying the addresses
/// in turn until the deadline (then ETIMEDOUT). A unix listener whose backlog is full is asked
/// again. TCP sockets have TCP_NODELAY, all have the plan's options; emits what became of those.
/// When the loop is stopped the rest is given up without a failure. Nothing else may be in the
/// loop's poller, and nothing stays there. Errors: the target cannot be resolved.
Result<Dialled> dial(OpLoop& loop, const Target& target, const SocketPlan& plan, std::size_t count,
                     const Deadline& deadline, const Emit& emit);

} // namespace sockit
