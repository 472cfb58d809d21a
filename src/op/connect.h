#pragma once

#include "op/child.h"
#include "op/datagram_framing.h"
#include "op/destination.h"
#include "op/proxy_plan.h"
#include "op/relay_plan.h"
#include "op/send_proxy_header.h"
#include "op/socket_plan.h"
#include "sock/sandbox.h"
#include "sock/tls_context.h"

#include <optional>

namespace sockit {

struct ConnectPlan {
    Target target;
    SocketPlan socket;
    Duration timeout = std::chrono::seconds(10); ///< all that comes before payload, together
    std::optional<Duration> deadline;            ///< the whole run
    std::uint64_t retries = 0; ///< after failures to connect, each try within the timeout
    Duration retry_interval = std::chrono::seconds(1);
    std::optional<ProxyPlan> proxy;
    std::optional<ProxyHeaderPlan> proxy_header;
    std::optional<TlsClientPlan> tls;
    RelayPlan relay;
    FramingPlan framing; ///< of datagrams
    PayloadPlan payload;
    ChildPlan child; ///< gets the connection; if none is wanted, stdin and stdout do
    std::optional<SandboxPlan> sandbox; ///< not with a child

    bool operator==(const ConnectPlan&) const = default;
};

/// How it went; all empty is well.
struct ConnectEnd {
    std::optional<Error> error;
    std::optional<int> signal;
    std::optional<int> child_status;
};

namespace op {

/// Connects and relays stdin and stdout, or hands the connection to a child. Always emits a
/// ConnectSummary as its last event.
ConnectEnd connect(const ConnectPlan& plan, const Emit& emit);

} // namespace op

} // namespace sockit
