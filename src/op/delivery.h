#pragma once

#include "op/op_loop.h"
#include "sock/socket.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// How many of the bytes handed to the kernel the peer's kernel has not acknowledged (SIOCOUTQ,
/// tcp(7)); `fin_sent`: our FIN counts as one in the kernel's figure and not in ours. A unix socket
/// hands everything to the peer at once: 0.
Result<std::uint64_t> unacknowledged(const Socket& socket, bool fin_sent);

/// Waits, after our FIN, until every byte is acknowledged, or the connection is reset (Phase::Send)
/// or `idle_timeout` passes without progress (ETIMEDOUT), or the loop is stopped.
Result<> await_delivery(OpLoop& loop, const Socket& socket, const Endpoint& peer,
                        std::optional<Duration> idle_timeout);

/// Takes SO_ERROR: what ended the connection, if anything did.
Result<> connection_error(const Socket& socket, Phase phase, std::string_view call,
                          const Endpoint& peer);

/// Nothing moved for as long as --idle-timeout allows.
Error idle_too_long(const Endpoint& peer);

} // namespace sockit
