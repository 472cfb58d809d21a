#pragma once

#include "base/result.h"
#include "sock/socket.h"
#include "sock/socket_info.h"
#include "sock/socket_kind.h"
#include "sock/sockopt.h"

namespace sockit {

/// A scratch socket in some phase of its life, with whatever keeps it there.
struct SockoptsScene {
    Socket socket;
    SocketState state = SocketState::Close;
    Socket listener; ///< Connected: who it is connected to; Accepted: who accepted it
    Socket other;    ///< the far end of the connection
};

/// Whether sockets of that kind can be in that phase: only streams and seqpackets listen, packet
/// and xdp sockets do not connect.
bool has_phase(SocketKind kind, SockoptPhase phase);

/// Opens a socket and takes it to `phase`, on loopback or in the abstract unix namespace, within
/// two seconds. Errors are those of the calls that this takes.
Result<SockoptsScene> set_scene(const KindTarget& kind, SockoptPhase phase);

} // namespace sockit
