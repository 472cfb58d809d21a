#pragma once

#include "event/proxy.h"
#include "op/connect_race.h"
#include "op/proxy_plan.h"

namespace sockit {

/// A connection to a target that a proxy carries: its peer is the proxy.
struct ThroughProxy {
    Connection connection;
    ProxyDestination destination; ///< what the proxy has connected to
};

/// Connects to the proxy as to any target, has it connect to `target`, and fills `facts` on the
/// way. Where names are resolved here, the target's addresses are asked for one after the other, a
/// connection each, until one is reached; each is a ConnectAttempt. Nothing when the loop was
/// stopped. Errors: those of the proxy say that it is the proxy; see also talk_to_proxy().
Result<std::optional<ThroughProxy>> connect_through(OpLoop& loop, const ProxyPlan& proxy,
                                                    const Target& target, const SocketPlan& plan,
                                                    const Deadline& limit, const Emit& emit,
                                                    ProxyFacts& facts);

} // namespace sockit
