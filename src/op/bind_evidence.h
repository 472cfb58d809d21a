#pragma once

#include "base/result.h"
#include "op/bind_rules.h"
#include "sock/socket.h"

#include <span>
#include <vector>

namespace sockit {

/// What a bind() of `socket` to `address` would ask of the kernel: its options as they are now.
BindWish bind_wish(const Socket& socket, const Endpoint& address);

/// The sockets of the wish's protocol on an address that it shares, in every state, with their
/// processes. Their flags come from a duplicate where we may have one (duplicate_foreign_socket);
/// else they stay unknown. Errors: nobody tells which sockets there are.
Result<std::vector<BindHolder>> find_bind_holders(const BindWish& wish);

/// Completes the flags of TCP sockets, as far as a bind() of a socket of our own, closed at once
/// and never listening, can tell them. Leaves UDP alone: such a socket would take datagrams.
void infer_bind_flags(std::span<BindHolder> holders, const BindWish& wish);

} // namespace sockit
