#pragma once

#include "event/event.h"

namespace sockit {

/// Tells of a connection's end and adds it to the summary.
void tell_closed(const ListenClosed& closed, const Emit& emit, ListenSummary& summary);

/// Nobody came for as long as --accept-timeout allows.
Error nobody_came(const Endpoint& local);

} // namespace sockit
