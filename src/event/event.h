#pragma once

#include "event/common.h"
#include "event/connect.h"
#include "event/echo.h"
#include "event/listen.h"
#include "event/probe.h"
#include "event/server.h"
#include "event/sockopts.h"
#include "event/stat.h"
#include "event/stat_columns.h"
#include "event/tls.h"
#include "event/traffic.h"
#include "event/why_bind.h"

#include <functional>
#include <variant>

namespace sockit {

/// Everything that can happen in any command. An alternative without a describe() overload does not
/// compile.
using EventValue =
    std::variant<Warning, Note, Failed, StatStart, StatOverview, StatTotals, StatSocket, StatGroup,
                 StatDestroyed, StatChange, StatRate, StatFrame, StatSummary, ProbeStarted,
                 ProbeResult, ProbeStatistics, ProbeProgress, ProbeHop, ProbeSummary, ServerReady,
                 PeerAccepted, PeerClosed, PayloadReceived, TransferProgress, ConnectStarted,
                 ConnectAttempt, Connected, ConnectClosed, ConnectFailed, ConnectSummary,
                 ListenClosed, ListenSummary, TlsEstablished, EchoStart, EchoInterval, EchoSummary,
                 EchoFault, EchoServerSummary, SockoptsStarted, SockoptsSocket, OptionListed,
                 OptionRead, OptionChanged, OptionDiffers, SockoptsSummary, WhyBindStarted,
                 WhyBindHolder, WhyBindVerdict, WhyBindSummary>;

/// One of them, by reference: what happened belongs to the op that tells of it, and is gone after
/// the call. (Copies of such values are big, and so is the code for them.)
class Event {
    template <class... Alternatives>
    static std::variant<const Alternatives*...> pointers(const std::variant<Alternatives...>&);

public:
    template <class T>
        requires std::is_constructible_v<EventValue, std::in_place_type_t<T>, const T&>
    Event(const T& event) : m_event(&event) // NOLINT(google-explicit-constructor): emit(Warning{})
    {}

    /// The event if it is a T, else nullptr.
    template <class T>
    [[nodiscard]] const T* get_if() const
    {
        const auto* event = std::get_if<const T*>(&m_event);
        return event ? *event : nullptr;
    }

    template <class Visitor>
    decltype(auto) visit(const Visitor& visitor) const
    {
        return std::visit([&](const auto* event) -> decltype(auto) { return visitor(*event); },
                          m_event);
    }

private:
    decltype(pointers(std::declval<EventValue>())) m_event;
};

/// Where an op sends its events, from one thread. False: the output can take no more, so that an op
/// that still has much to say may stop early.
using Emit = std::function<bool(const Event&)>;

} // namespace sockit
