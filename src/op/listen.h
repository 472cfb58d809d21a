#pragma once

#include "op/acceptor.h"
#include "op/child.h"
#include "op/datagram_framing.h"
#include "op/destination.h"
#include "op/relay_plan.h"
#include "sock/sandbox.h"
#include "sock/tls_context.h"

#include <optional>

namespace sockit {

struct ListenPlan {
    ListenerPlan listener;
    bool keep_open = false;                       ///< any number of connections; stdin is not read
    bool broadcast = false;                       ///< with keep_open: stdin goes to all
    bool chat = false;                            ///< with keep_open: lines of one go to all others
    bool proxy_protocol = false;                  ///< connections begin with a PROXY header
    Duration patience = std::chrono::seconds(10); ///< for all that comes before payload
    std::optional<Duration> accept_timeout;
    std::optional<Duration> deadline; ///< the whole run
    std::optional<TlsServerPlan> tls;
    RelayPlan relay;
    FramingPlan framing; ///< of datagrams
    PayloadPlan payload;
    ChildPlan child; ///< one for each connection; if none is wanted, stdin and stdout serve it
    std::optional<SandboxPlan> sandbox; ///< entered once it is bound; not with a child

    bool operator==(const ListenPlan&) const = default;
};

/// How it went; all empty is well.
struct ListenEnd {
    std::optional<Error> error;
    std::optional<int> signal;
    std::optional<int> child_status; ///< of the only connection's child
};

namespace op {

/// Listens and serves one connection, or with keep_open any number at once. Emits ServerReady
/// before the first accept, or Failed; always a ListenSummary as its last event.
ListenEnd listen(const ListenPlan& plan, const Emit& emit);

} // namespace op

} // namespace sockit
