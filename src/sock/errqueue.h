#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "sock/endpoint.h"

#include <optional>

namespace sockit {

/// Asks the kernel to keep the ICMP messages that end a connection attempt (IP_RECVERR,
/// IPV6_RECVERR; needs no privilege). Set before connect(). Best effort: without it errors arrive
/// all the same, only unexplained.
void keep_icmp_errors(FdRef socket, int family);

/// A queued message and the errno that the kernel made of it.
struct IcmpError {
    IcmpNotice notice;
    int code = 0;
};
/// Ends that, once connected: from then on TCP takes such messages for hints and lives on, unless
/// they are asked for.
void drop_icmp_errors(FdRef socket, int family);

/// The first queued message that came as ICMP or ICMPv6, with its sender; takes it and drops what
/// is before. Nothing when the queue is empty: then an ECONNREFUSED was a RST. Messages of other
/// origins do not count.
std::optional<IcmpError> take_queued_icmp(FdRef socket);
/// The same without the errno, which SO_ERROR told already.
std::optional<IcmpNotice> take_icmp_error(FdRef socket);

/// Whether the address is one of this host's own, in this network namespace.
bool is_own_address(const Endpoint& endpoint);

} // namespace sockit
