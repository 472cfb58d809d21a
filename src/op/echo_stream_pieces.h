#pragma once

#include "base/deadline.h"
#include "op/echo_faults.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// What came on one connection and is still to be sent: each piece with its fate and at its time,
/// in order but for those that are to be reordered.
class EchoPieces {
public:
    /// Told of each fault that fires: its kind, and the piece's offset in all that came.
    using Fired = std::function<void(EchoFaultKind, std::uint64_t offset)>;

    /// What it refers to outlives it.
    EchoPieces(const EchoFaultPlan& plan, std::uint64_t connection, Fired fired);

    /// A piece that begins at `offset`. Empty ones are pieces, too.
    void take(std::span<const std::byte> bytes, std::uint64_t offset, Clock::time_point now);
    /// Nothing more will come: what waits for a next piece waits no longer.
    void end();

    /// The first one, as far as it is not sent, if its time has come.
    [[nodiscard]] std::optional<std::span<const std::byte>> due(Clock::time_point now);
    /// So much of the first one was sent.
    void sent(std::size_t count);

    [[nodiscard]] bool empty() const { return m_queue.empty() && m_held.empty(); }
    /// No more should be taken before something was sent: delayed pieces may be 1 MiB in all, else
    /// one is enough.
    [[nodiscard]] bool full() const;
    /// When due() will have something that it has not now; none: not without another piece.
    [[nodiscard]] Deadline next(Clock::time_point now) const;

private:
    struct Piece {
        std::vector<std::byte> bytes;
        std::size_t sent = 0;
        Clock::time_point due;
    };

    void queue(Piece piece);
    void queue_held();

    const EchoFaultPlan& m_plan;
    std::uint64_t m_connection;
    Fired m_fired;
    std::deque<Piece> m_queue;
    std::vector<Piece> m_held; ///< one to be reordered, or with its duplicate two
    Clock::time_point m_held_until;
    Clock::time_point m_last_due;
    std::uint64_t m_count = 0;
    std::size_t m_cost = 0; ///< of the queue
};

} // namespace sockit
