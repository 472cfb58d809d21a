#pragma once

#include "event/event.h"
#include "op/acceptor.h"
#include "op/echo_faults.h"
#include "sock/sandbox.h"
#include "sock/tls_context.h"

#include <optional>

namespace sockit {

/// What is sent: what came (RFC 862), nothing (RFC 863), or lines of characters without end
/// (RFC 864).
enum class EchoMode : std::uint8_t { Echo, Discard, Chargen };

struct EchoServerPlan {
    ListenerPlan listener;
    std::optional<TlsServerPlan> tls;
    EchoMode mode = EchoMode::Echo;
    std::uint64_t threads = 1;
    EchoFaultPlan faults;
    bool sockperf = false;                        ///< answer sockperf's clients
    Duration patience = std::chrono::seconds(10); ///< with a TLS handshake
    std::optional<Duration> deadline;
    std::optional<SandboxPlan> sandbox; ///< entered once it is bound
    bool tell_peers = false;            ///< emit PeerAccepted, PeerClosed and EchoFault

    bool operator==(const EchoServerPlan&) const = default;
};

/// Sends every byte back to where it came from (RFC 862), or does what the mode and the faults say,
/// for any number of peers at once, until SIGINT, SIGTERM or the deadline; returns the signal.
/// Emits ServerReady before the first accept and EchoServerSummary at the end, whatever the number
/// of threads from one at a time. A peer that does not read is not read from, so that each costs at
/// most one read's length, or with a delay 1 MiB; a peer's end or reset is its own matter. A
/// shortage of descriptors or memory pauses accepting until a peer leaves, or 100 ms, and is told
/// once. Errors: whatever keeps it from listening or waiting.
Result<std::optional<int>> echo_server(const EchoServerPlan& plan, const Emit& emit);

} // namespace sockit
