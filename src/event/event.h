#pragma once

#include "event/common.h"
#include "event/connect.h"
#include "event/echo.h"
#include "event/listen.h"
#include "event/probe.h"
#include "event/server.h"
#include "event/sockopts.h"
#include "event/stat.h"
#include "event/traffic.h"

#include <functional>
#include <variant>

namespace sockit {

/// Everything that can happen in any command. An alternative without a describe() overload does not
/// compile.
using Event =
    std::variant<Warning, Note, Failed, StatStart, StatOverview, StatSocket, StatSummary,
                 ProbeStarted, ProbeResult, ProbeSummary, ServerReady, PeerAccepted, PeerClosed,
                 PayloadReceived, ConnectStarted, ConnectAttempt, Connected, ConnectClosed,
                 ConnectFailed, ConnectSummary, ListenClosed, ListenSummary, EchoStart, EchoSummary,
                 EchoServerSummary, SockoptsStarted, SockoptsSocket, OptionListed, OptionRead,
                 OptionChanged, SockoptsSummary>;

/// Where an op sends its events, from one thread. False: the output can take no more, so that an op
/// that still has much to say may stop early.
using Emit = std::function<bool(const Event&)>;

} // namespace sockit
