#pragma once

#include "op/op_loop.h"
#include "sock/socket.h"
#include "sock/tls_session.h"

#include <string_view>

namespace sockit {

/// The handshake of `session` over `socket`, by `limit`: ETIMEDOUT, Phase::Tls, at it. False: the
/// loop was stopped. Uses token 0 of the loop's poller.
Result<bool> shake_hands(OpLoop& loop, TlsSession& session, const Socket& socket,
                         std::string_view peer, const Deadline& limit);

/// The peer has not finished the handshake in time.
Error handshake_timed_out(std::string_view peer);

} // namespace sockit
