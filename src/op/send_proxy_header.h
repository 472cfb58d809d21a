#pragma once

#include "base/deadline.h"
#include "op/op_loop.h"
#include "sock/proxy_header.h"
#include "sock/socket.h"

#include <optional>

namespace sockit {

/// A PROXY header before everything else that is sent.
struct ProxyHeaderPlan {
    ProxyVersion version = ProxyVersion::V1;
    std::optional<Endpoint> source; ///< whose connection it claims to be; none: ours

    bool operator==(const ProxyHeaderPlan&) const = default;
};

/// Sends the header of a connection from `local` to `destination`. False: the loop was stopped;
/// nothing else may be in its poller. Errors: those of send(2), ETIMEDOUT at `limit`.
Result<bool> send_proxy_header(OpLoop& loop, const Socket& socket, const ProxyHeaderPlan& plan,
                               const Endpoint& local, const Endpoint& destination,
                               const Deadline& limit);

} // namespace sockit
