#pragma once

#include "event/common.h"
#include "event/sockopts.h"

#include <functional>
#include <variant>

namespace sockit {

/// Everything that can happen in any command. An alternative without a describe() overload does not
/// compile.
using Event = std::variant<Warning, Note, Failed, SockoptsStarted, SockoptsSocket, OptionListed,
                           OptionRead, OptionChanged, SockoptsSummary>;

/// Where an op sends its events, from one thread. False: the output can take no more, so that an op
/// that still has much to say may stop early.
using Emit = std::function<bool(const Event&)>;

} // namespace sockit
