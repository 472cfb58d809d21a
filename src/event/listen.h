#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "event/traffic.h"
#include "sock/endpoint.h"
#include "sock/tls_facts.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sockit {

/// One connection is over, well or not.
struct ListenClosed {
    std::uint64_t id = 0;
    Endpoint peer;
    Endpoint local;
    std::optional<Endpoint> proxy; ///< who really connected, where its PROXY header named the peer
    Traffic traffic;
    Duration duration = {};
    std::optional<TlsFacts> tls;
    std::optional<int> child_status; ///< exit status of `-- CMD`, 128 + signal for a death by one
    std::optional<KeptPayload> payload;
    std::optional<std::string> file; ///< the path of the one that has what it sent
    std::optional<Error> error;

    bool operator==(const ListenClosed&) const = default;
};

struct ListenSummary {
    std::uint64_t accepted = 0;
    std::uint64_t denied = 0; ///< not accepted: --allow and --deny
    std::uint64_t closed = 0;
    std::uint64_t errors = 0; ///< connections that ended with one
    /// nullopt: children had the connections to themselves.
    std::optional<std::uint64_t> bytes_received = 0;
    std::optional<std::uint64_t> bytes_sent = 0;
    std::optional<std::string> stopped_by;             ///< "SIGTERM", "deadline"
    std::optional<Datagrams> datagrams = std::nullopt; ///< where there are any: not of streams
    std::optional<Error> error; ///< what ended the server, or its only connection, before its time

    bool operator==(const ListenSummary&) const = default;
};

} // namespace sockit
