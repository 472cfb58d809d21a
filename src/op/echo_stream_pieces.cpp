#include "op/echo_stream_pieces.h"

#include <algorithm>
#include <utility>

namespace sockit {

namespace {

constexpr std::size_t most_delayed = 1UL << 20U;
/// Beside its bytes.
constexpr std::size_t piece_cost = 128;

} // namespace

EchoPieces::EchoPieces(const EchoFaultPlan& plan, std::uint64_t connection, Fired fired)
    : m_plan(plan), m_connection(connection), m_fired(std::move(fired))
{}

void EchoPieces::take(std::span<const std::byte> bytes, std::uint64_t offset, Clock::time_point now)
{
    const auto fate = echo_fate(m_plan, m_connection, m_count++, bytes.size());
    if (fate.drop) {
        m_fired(EchoFaultKind::Drop, offset);
        return;
    }
    Piece piece{.bytes = {bytes.begin(), bytes.end()}, .due = now + fate.delay};
    if (fate.delay > Duration::zero())
        m_fired(EchoFaultKind::Delay, offset);
    if (fate.corrupt) {
        piece.bytes[fate.corrupt->offset] ^= fate.corrupt->flip;
        m_fired(EchoFaultKind::Corrupt, offset + fate.corrupt->offset);
    }
    if (fate.duplicate)
        m_fired(EchoFaultKind::Duplicate, offset);
    if (fate.reorder && m_held.empty()) {
        m_fired(EchoFaultKind::Reorder, offset);
        m_held.assign(fate.duplicate ? 2 : 1, piece);
        m_held_until = now + echo_reorder_patience;
        return;
    }
    if (fate.duplicate)
        queue(piece);
    queue(std::move(piece));
    queue_held();
}

void EchoPieces::end() { queue_held(); }

/// Behind all others, whatever its delay.
void EchoPieces::queue(Piece piece)
{
    m_last_due = piece.due = std::max(piece.due, m_last_due);
    m_cost += piece.bytes.size() + piece_cost;
    m_queue.push_back(std::move(piece));
}

void EchoPieces::queue_held()
{
    for (auto& piece : std::exchange(m_held, {}))
        queue(std::move(piece));
}

std::optional<std::span<const std::byte>> EchoPieces::due(Clock::time_point now)
{
    if (!m_held.empty() && now >= m_held_until)
        queue_held();
    if (m_queue.empty() || m_queue.front().due > now)
        return std::nullopt;
    return std::span<const std::byte>(m_queue.front().bytes).subspan(m_queue.front().sent);
}

void EchoPieces::sent(std::size_t count)
{
    auto& first = m_queue.front();
    first.sent += count;
    if (first.sent < first.bytes.size())
        return;
    m_cost -= first.bytes.size() + piece_cost;
    m_queue.pop_front();
}

bool EchoPieces::full() const
{
    const bool delays = m_plan.delay > Duration::zero() || m_plan.jitter > Duration::zero();
    return m_cost >= (delays ? most_delayed : 1);
}

Deadline EchoPieces::next(Clock::time_point now) const
{
    Deadline next;
    if (!m_queue.empty() && m_queue.front().due > now)
        next = Deadline::at(m_queue.front().due);
    if (!m_held.empty())
        next = sooner(next, Deadline::at(m_held_until));
    return next;
}

} // namespace sockit
