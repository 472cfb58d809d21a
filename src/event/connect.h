#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "event/proxy.h"
#include "event/traffic.h"
#include "sock/endpoint.h"
#include "sock/tls_facts.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sockit {

struct ConnectStarted {
    std::string target;
    std::chrono::system_clock::time_point time;

    bool operator==(const ConnectStarted&) const = default;
};

/// One address was tried. Those given up because another was faster end with ECANCELED.
struct ConnectAttempt {
    Endpoint endpoint;
    Duration duration = {};
    std::optional<Error> error;

    bool operator==(const ConnectAttempt&) const = default;
};

struct Connected {
    Endpoint local;
    Endpoint peer;
    std::optional<std::string> target; ///< where `peer` is a proxy: whom it has connected to

    bool operator==(const Connected&) const = default;
};

/// The connection is over, well or not.
struct ConnectClosed {
    Traffic traffic;
    Duration duration = {}; ///< since it was established

    bool operator==(const ConnectClosed&) const = default;
};

/// Why the command will not end well.
struct ConnectFailed {
    Error error;

    bool operator==(const ConnectFailed&) const = default;
};

/// How long each step took; nullopt for those that were not taken.
struct ConnectPhases {
    std::optional<Duration> resolve;
    std::optional<Duration> connect;
    std::optional<Duration> tls;
    std::optional<Duration> first_byte; ///< from the connection to the peer's first byte
    Duration total = {};

    bool operator==(const ConnectPhases&) const = default;
};

struct TcpFacts {
    std::optional<std::int64_t> rtt_ns;
    std::uint32_t retransmits = 0; ///< segments sent again, over the whole connection

    bool operator==(const TcpFacts&) const = default;
};

struct ConnectSummary {
    std::string target;
    std::optional<Endpoint> local;
    std::optional<Endpoint> peer;
    ConnectPhases phases;
    Traffic traffic;
    std::optional<TcpFacts> tcp;
    std::optional<ProxyFacts> proxy; ///< if the way led through one
    std::optional<TlsFacts> tls;
    std::optional<int> child_status; ///< exit status of `-- CMD`, 128 + signal for a death by one
    std::optional<KeptPayload> payload;
    std::optional<std::string> stopped_by; ///< "SIGTERM", "deadline"
    std::optional<Error> error;

    bool operator==(const ConnectSummary&) const = default;
};

} // namespace sockit
