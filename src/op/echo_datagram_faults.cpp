#include "op/echo_datagram_faults.h"

#include <algorithm>
#include <utility>

namespace sockit {

void EchoDatagramFaults::take(const DatagramPeer& peer, const ReceivedDatagram& datagram,
                              std::span<std::byte> answer, Clock::time_point now, const Echo& echo)
{
    State& state = m_states[peer.id];
    if (state.ended)
        return;
    const auto fate = echo_fate(m_plan, peer.id, peer.datagrams.received, answer.size());
    const auto offset = peer.bytes_received;
    if (fate.drop)
        fire(EchoFaultKind::Drop, peer, offset);
    if (fate.corrupt) {
        fire(EchoFaultKind::Corrupt, peer, offset + fate.corrupt->offset);
        answer[fate.corrupt->offset] ^= fate.corrupt->flip;
    }
    const auto size = left_to_echo(state, peer, answer.size());
    if (fate.drop || (size == 0 && state.ended))
        return;
    if (fate.delay > Duration::zero())
        fire(EchoFaultKind::Delay, peer, offset);
    const auto bytes = answer.first(size);
    if (fate.reorder && !state.held && !state.ended) {
        fire(EchoFaultKind::Reorder, peer, offset);
        state.held = EchoDatagramBacklog::Echo{.due = now + fate.delay,
                                               .to = datagram.from,
                                               .from = datagram.asked,
                                               .bytes = {bytes.begin(), bytes.end()}};
        m_patience.set(peer.id, Deadline::at(now + echo_reorder_patience));
        return;
    }
    const auto due = due_after(state, now + fate.delay, size);
    echo(peer, datagram, bytes, due);
    if (fate.duplicate) {
        fire(EchoFaultKind::Duplicate, peer, offset);
        echo(peer, datagram, bytes, due_after(state, due, size));
    }
    if (state.held)
        release(peer.id, state, due);
}

void EchoDatagramFaults::fire(EchoFaultKind kind, const DatagramPeer& peer, std::uint64_t offset)
{
    add(m_counts, kind);
    if (m_story.tells_peers())
        m_story.tell(EchoFault{.id = peer.id, .kind = kind, .offset = offset});
}

/// How much of the next datagram is echoed; `state` ends where the border is reached.
std::size_t EchoDatagramFaults::left_to_echo(State& state, const DatagramPeer& peer,
                                             std::size_t size)
{
    if (!m_plan.close_after || peer.bytes_received + size < *m_plan.close_after)
        return size;
    state.ended = true;
    fire(EchoFaultKind::CloseAfter, peer, *m_plan.close_after);
    // Where answers are no echoes, their sizes are others.
    return static_cast<std::size_t>(*m_plan.close_after -
                                    std::min(peer.bytes_received, *m_plan.close_after));
}

/// In the peer's order and at its rate.
Clock::time_point EchoDatagramFaults::due_after(State& state, Clock::time_point earliest,
                                                std::size_t size) const
{
    auto due = std::max(earliest, state.last_due);
    if (m_plan.rate) {
        due = std::max(due, state.free);
        const auto seconds = static_cast<double>(size) / static_cast<double>(*m_plan.rate);
        state.free =
            due + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }
    return state.last_due = due;
}

void EchoDatagramFaults::expire(Clock::time_point now)
{
    while (const auto peer = m_patience.expired(now))
        release(*peer, m_states.at(*peer), now);
}

/// What was held goes now, or at its time, behind what is on its way.
void EchoDatagramFaults::release(std::uint64_t peer, State& state, Clock::time_point due)
{
    m_patience.set(peer, {});
    auto echo = *std::exchange(state.held, std::nullopt);
    echo.due = due_after(state, std::max(due, echo.due), echo.bytes.size());
    m_backlog.add(peer, std::move(echo));
}

void EchoDatagramFaults::forget(std::uint64_t peer)
{
    m_states.erase(peer);
    m_patience.set(peer, {});
}

} // namespace sockit
