#pragma once

#include "op/echo_server.h"

namespace sockit {

/// echo_server() for transports without connections: udp, unix-dgram. Whoever sends is a peer,
/// known by its address, told as PeerAccepted when it first speaks and as PeerClosed when it cannot
/// be sent to; the one that was silent for longest is forgotten when there are too many. Each
/// datagram is answered from the address it was sent to, or not at all: where an answer would be
/// answered in turn, or where there is no room for it. Neither a full socket nor a peer that does
/// not read holds up others. On more than one thread, each has a socket on the same port
/// (SO_REUSEPORT) and serves the peers that the kernel gives it; unix-dgram has one thread.
Result<std::optional<int>> answer_datagrams(const EchoServerPlan& plan, const Emit& emit);

} // namespace sockit
