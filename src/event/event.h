#pragma once

#include "event/common.h"
#include "event/echo.h"
#include "event/server.h"

#include <functional>
#include <variant>

namespace sockit {

/// Everything that can happen in any command. An alternative without a describe() overload does not
/// compile.
using Event = std::variant<Warning, Note, Failed, ServerReady, PeerAccepted, PeerClosed, EchoStart,
                           EchoSummary, EchoServerSummary>;

/// Where an op sends its events, from one thread. False: the output can take no more, so that an op
/// that still has much to say may stop early.
using Emit = std::function<bool(const Event&)>;

} // namespace sockit
