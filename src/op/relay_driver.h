#pragma once

#include "op/destination.h"
#include "op/op_loop.h"
#include "op/relay.h"
#include "sock/socket.h"

#include <optional>

namespace sockit {

struct RelayPlan {
    RelayRules rules;
    std::optional<Duration> idle_timeout; ///< the end when nothing moves for so long

    bool operator==(const RelayPlan&) const = default;
};

/// How a relay went. Without error, and unless the loop was stopped, every byte read from the input
/// was acknowledged and every byte received was handed on.
struct RelayOutcome {
    Traffic traffic;
    std::optional<Clock::time_point> first_byte; ///< when the peer's first one arrived
    std::optional<Error> error;
};

/// Moves bytes between a connected socket and an input and a destination by the rules of Relay
/// until both halves are done and the peer's kernel has everything, or something fails, or the loop
/// is stopped. Level-triggered readiness, one buffer of 256 KiB a direction; neither end's slowness
/// stops the other half, the signals or the deadlines.
RelayOutcome run_relay(OpLoop& loop, const Socket& socket, const Endpoint& peer, Stream input,
                       Destination& destination, const RelayPlan& plan);

} // namespace sockit
