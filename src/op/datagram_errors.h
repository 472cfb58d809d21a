#pragma once

#include "base/error.h"
#include "event/event.h"
#include "sock/endpoint.h"
#include "sock/socket.h"

#include <cstddef>

namespace sockit {

/// Adds to an error of a connected socket's send or receive the ICMP message behind it, if there is
/// one, and tells whether the target itself refused (IcmpNotice::refusal).
Error with_icmp(Error error, const Socket& socket, const Endpoint& peer);

/// EMSGSIZE with the datagram's size and the limit; any other error as it is.
Error with_size(Error error, const Socket& socket, std::size_t size);

/// A Warning if the kernel dropped datagrams that nobody read in time.
void warn_of_drops(const Socket& socket, const Emit& emit);

} // namespace sockit
