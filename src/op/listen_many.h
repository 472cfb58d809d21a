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

/// Tells of a connection's end and adds it to the summary.
void tell_closed(const ListenClosed& closed, const Emit& emit, ListenSummary& summary);

/// Nobody came for as long as --accept-timeout allows.
Error nobody_came(const Endpoint& local);

} // namespace sockit
