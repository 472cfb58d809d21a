#pragma once

#include "base/error.h"
#include "event/probe.h"
#include "sock/endpoint.h"

#include <optional>

namespace sockit {

/// What one attempt to connect left behind.
struct Evidence {
    Endpoint to;                                 ///< family AF_UNSPEC: not even an address
    std::optional<Error> error = std::nullopt;   ///< nothing: connected
    std::optional<Endpoint> from = std::nullopt; ///< the source, where there was one
    bool synchronous = false;                    ///< connect() itself returned the error
    bool to_ourselves = false;                   ///< connected, and the other end is ours too
    bool datagram = false;                       ///< there is no connection: all news is of the way
};

/// The outcome by all of the evidence, never by errno alone: one errno stands for a RST, an ICMP
/// message from afar, one from our own stack, or a route of our own. Sources: connect(2), ip(7),
/// unix(7), net/ipv4/icmp.c (icmp_err_convert), net/ipv6/icmp.c (tab_unreach).
ProbeOutcome verdict(const Evidence& evidence);

/// What an errno that says little means at this place, for Error::detail: "a blackhole route of
/// this host". Empty where errno or the ICMP message says it all.
std::string_view explanation(const Evidence& evidence);

/// Short of something that others, or our own probes, may give back: nothing was learned of the
/// target, so ask again later. Descriptors, memory, source ports.
bool is_pressure(const Evidence& evidence);

/// Of several addresses' outcomes the higher tells more: open, then what a peer answered, then what
/// the network answered, then silence, then what never left this host.
int weight(ProbeOutcome outcome);

} // namespace sockit
