#pragma once

#include "op/admission.h"
#include "op/listen.h"

namespace sockit {

/// Serves any number of connections at once until the loop is stopped: each by a child of its own,
/// or, without one, by passing on what they all send. Adds to `summary` what the connections did.
/// With `tls` all of them speak it. Errors: those that end the whole server (the listener, our own
/// output, --accept-timeout).
Result<> serve_many(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan,
                    const ChildPlan& child, const std::optional<TlsContext>& tls, const Emit& emit,
                    ListenSummary& summary);

} // namespace sockit
