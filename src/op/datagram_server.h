#pragma once

#include "op/acceptor.h"
#include "op/datagram_framing.h"
#include "op/destination.h"
#include "op/op_loop.h"
#include "op/relay_plan.h"

#include <optional>

namespace sockit {

struct DatagramServerPlan {
    bool keep_open = false; ///< stdin is not read; an idle peer leaves, and the others stay
    std::optional<Duration> accept_timeout;
    std::optional<std::uint64_t> max_peers; ///< remembered at once; 65536 without it
    AccessRules access;
    RelayPlan relay;
    FramingPlan framing;
};

/// Serves whoever sends datagrams to a bound socket. Each sender is a peer, told as PeerAccepted
/// when it first speaks (what `access` does not admit is dropped and counted) and as ListenClosed
/// at the end, or when others have taken its place in the memory. What the input gives goes to the
/// peer that spoke last, from the address it spoke to; before anybody spoke, the input is not read.
/// Goes on until the loop is stopped, or, if nothing is to be received, until the input is over and
/// sent. Errors: nobody came within accept_timeout, nothing moved within the idle timeout, input or
/// output failed.
Result<> serve_datagrams(OpLoop& loop, Acceptor& acceptor, const DatagramServerPlan& plan,
                         const PayloadPlan& payload, const Emit& emit, ListenSummary& summary);

} // namespace sockit
