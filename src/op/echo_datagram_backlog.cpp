#include "op/echo_datagram_backlog.h"

#include <utility>

namespace sockit {

namespace {

/// Nothing tells when a unix peer's queue, or a device's, has room again.
constexpr auto full_pause = std::chrono::milliseconds(2);

} // namespace

void EchoDatagramBacklog::add(std::uint64_t peer, Echo echo)
{
    const auto bytes = cost(echo);
    auto& waiting = m_peers[peer];
    const bool first = waiting.echoes.empty();
    if (waiting.bytes + bytes > m_most_each || m_bytes + bytes > m_most) {
        if (first)
            m_peers.erase(peer);
        ++m_dropped;
        return;
    }
    if (first)
        m_timers.set(peer, Deadline::at(echo.due));
    waiting.bytes += bytes;
    m_bytes += bytes;
    waiting.echoes.push_back(std::move(echo));
}

void EchoDatagramBacklog::send_due(Clock::time_point now, const Send& send)
{
    while (const auto peer = m_timers.expired(now)) {
        auto& waiting = m_peers.at(*peer);
        bool full = false;
        while (!full && !waiting.echoes.empty() && waiting.echoes.front().due <= now) {
            full = send(*peer, waiting.echoes.front()) == Sent::Full;
            if (full)
                break;
            const auto bytes = cost(waiting.echoes.front());
            waiting.bytes -= bytes;
            m_bytes -= bytes;
            waiting.echoes.pop_front();
        }
        if (waiting.echoes.empty())
            m_peers.erase(*peer);
        else
            m_timers.set(*peer, Deadline::at(full ? now + full_pause : waiting.echoes.front().due));
    }
}

void EchoDatagramBacklog::forget(std::uint64_t peer)
{
    const auto found = m_peers.find(peer);
    if (found == m_peers.end())
        return;
    m_bytes -= found->second.bytes;
    m_peers.erase(found);
    m_timers.set(peer, {});
}

} // namespace sockit
