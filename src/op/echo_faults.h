#pragma once

#include "base/deadline.h"
#include "event/echo.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sockit {

/// What an echo server shall do wrong, on each connection from its accept on; all empty: nothing.
/// Bytes are counted as they come from the peer.
struct EchoFaultPlan {
    std::uint64_t seed = 1;                 ///< the same seed, the same faults
    Duration delay{};                       ///< of each echo
    Duration jitter{};                      ///< more or less than that, uniform
    std::optional<std::uint64_t> rate;      ///< bytes a second sent on a connection
    std::optional<std::uint64_t> slow_read; ///< bytes a second received on a connection, or by
                                            ///< a socket that has none
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

    /// Something of it happens to connections that are accepted.
    [[nodiscard]] bool any_after_accept() const;

    bool operator==(const EchoFaultPlan&) const = default;
};

/// One byte of a piece, changed: `byte ^ flip` is sent in its place.
struct EchoFlip {
    std::size_t offset = 0; ///< within the piece
    std::byte flip{};       ///< never 0

    bool operator==(const EchoFlip&) const = default;
};

/// What happens to one datagram, or to one piece received from a stream.
struct EchoFate {
    bool drop = false; ///< then nothing else
    bool duplicate = false;
    bool reorder = false; ///< held until the next one has gone
    std::optional<EchoFlip> corrupt = std::nullopt;
    Duration delay{};

    bool operator==(const EchoFate&) const = default;
};

/// How long a piece that is to be reordered waits for the next one, at most.
constexpr auto echo_reorder_patience = std::chrono::milliseconds(100);

/// The fate of the piece with that number (from 0), of `size` bytes, on the connection with that
/// number. Nothing but the plan and these numbers decides it, each kind for itself: neither the
/// clock nor what happened to other pieces or connections.
EchoFate echo_fate(const EchoFaultPlan& plan, std::uint64_t connection, std::uint64_t piece,
                   std::size_t size);

/// After so many bytes from the peer a connection ends, or our half of it.
struct EchoEnd {
    EchoFaultKind kind = EchoFaultKind::CloseAfter; ///< CloseAfter, ResetAfter or HalfCloseAfter
    std::uint64_t after = 0;

    bool operator==(const EchoEnd&) const = default;
};

/// The ends in the order in which they come. Nothing comes after a close or a reset.
std::vector<EchoEnd> echo_ends(const EchoFaultPlan& plan);

void add(EchoFaultCounts& counts, EchoFaultKind fired);
void add(EchoFaultCounts& counts, const EchoFaultCounts& others);

} // namespace sockit
