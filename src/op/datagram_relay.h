#pragma once

#include "op/datagram_framing.h"
#include "op/datagram_output.h"
#include "op/op_loop.h"
#include "op/relay_plan.h"
#include "sock/socket.h"

namespace sockit {

struct DatagramPlan {
    RelayPlan relay;
    FramingPlan framing;
    /// Datagrams without a connection: how long the first answer may take.
    std::optional<Duration> answer_timeout;
    std::optional<std::uint64_t> id; ///< for the records of what arrives
};

struct DatagramOutcome {
    Traffic traffic;
    std::optional<Clock::time_point> first_byte; ///< when the peer's first datagram arrived
    std::optional<KeptPayload> payload;
    std::optional<Error> error;
};

/// Moves datagrams between a connected socket and an input and an output. A seqpacket socket is a
/// connection and follows the rules of Relay. Others know no end: after the end of the input the
/// relay is done when RelayRules::linger (1 s) passes without an answer; without any answer that is
/// ETIMEDOUT, unless nothing is to be received. What the network or the peer says against a
/// datagram ends it. An input that is not read needs no answer before it is stopped.
DatagramOutcome relay_datagrams(OpLoop& loop, const Socket& socket, const Endpoint& peer,
                                Stream input, DatagramOutput output, const DatagramPlan& plan,
                                const Emit& emit);

} // namespace sockit
