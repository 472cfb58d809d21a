#pragma once

#include "base/deadline.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// What an echo server shall do wrong, on each connection from its accept on; all empty: nothing.
/// Bytes are counted as they come from the peer.
struct EchoFaultPlan {
    std::uint64_t seed = 1;                 ///< the same seed, the same faults
    Duration delay{};                       ///< of each echo
    Duration jitter{};                      ///< more or less than that, uniform
    std::optional<std::uint64_t> rate;      ///< bytes a second sent on a connection
    std::optional<std::uint64_t> slow_read; ///< bytes a second received on a connection
    std::optional<std::uint64_t> close_after;
    std::optional<std::uint64_t> reset_after;
    std::optional<std::uint64_t> half_close_after;
    // Probabilities, of each datagram or of each piece received from a stream.
    double corrupt = 0;
    double drop = 0;
    double duplicate = 0;
    double reorder = 0;
    Duration accept_delay{};
    bool no_accept = false;

    bool operator==(const EchoFaultPlan&) const = default;
};

} // namespace sockit
