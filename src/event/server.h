#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "sock/endpoint.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace sockit {

// What every server tells: where it listens, who came, who went.

/// Bound and listening; nothing has been accepted yet.
struct ServerReady {
    Endpoint local;
    std::chrono::system_clock::time_point time;

    bool operator==(const ServerReady&) const = default;
};

struct PeerAccepted {
    std::uint64_t id = 0; ///< counts from 1
    Endpoint peer;
    Endpoint local;
    std::chrono::system_clock::time_point time;
    std::optional<Endpoint> proxy; ///< who really connected, where its PROXY header named the peer

    bool operator==(const PeerAccepted&) const = default;
};

struct PeerClosed {
    std::uint64_t id = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    Duration duration{};
    bool closed_first_by_peer = true;
    std::optional<Error> error;

    bool operator==(const PeerClosed&) const = default;
};

} // namespace sockit
