#pragma once

#include "event/event.h"
#include "op/acceptor.h"

#include <optional>

namespace sockit {

struct WhyBindEnd {
    std::optional<Error> error; ///< why bind() would fail
};

/// Whether a server with that plan could be bound now, and if not, because of whom and by which
/// rule. A name stands for its first address. Emits WhyBindStarted, warnings, a WhyBindHolder for
/// every socket on the address, WhyBindVerdict and WhyBindSummary.
///
/// TCP is tried: a socket of our own is bound and closed at once. It never listens, since a
/// listener of ours would take connections that somebody else waits for. UDP is not, since a bound
/// UDP socket takes datagrams at once: there the rules alone decide, and a flag that is not known
/// counts as not set.
///
/// Errors: the name was not resolved, an option was refused, nobody tells which sockets there are;
/// nothing was emitted then.
Result<WhyBindEnd> why_bind(const ListenerPlan& plan, const Emit& emit);

} // namespace sockit
