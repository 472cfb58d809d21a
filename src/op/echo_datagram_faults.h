#pragma once

#include "op/datagram_peers.h"
#include "op/echo_datagram_backlog.h"
#include "op/echo_datagram_story.h"
#include "op/echo_faults.h"
#include "sock/datagram_io.h"

#include <functional>
#include <optional>
#include <unordered_map>

namespace sockit {

/// What an echo server does wrong with datagrams. To a peer that sent EchoFaultPlan::close_after
/// bytes nothing is said any more; of the datagram that crosses that border the first bytes are
/// echoed. What needs a connection (half-close, reset, slow read) does not happen here.
class EchoDatagramFaults {
public:
    /// An echo of that datagram goes to that peer, not before `due`.
    using Echo = std::function<void(const DatagramPeer&, const ReceivedDatagram&,
                                    std::span<const std::byte>, Clock::time_point due)>;

    /// What it refers to outlives it.
    EchoDatagramFaults(const EchoFaultPlan& plan, EchoDatagramStory& story,
                       EchoDatagramBacklog& backlog)
        : m_plan(plan), m_story(story), m_backlog(backlog)
    {}

    /// Echoes `answer`, and spoils it if it must; the datagram is not yet counted in `peer`.
    void take(const DatagramPeer& peer, const ReceivedDatagram& datagram,
              std::span<std::byte> answer, Clock::time_point now, const Echo& echo);
    /// When a datagram was held for long enough; then expire().
    [[nodiscard]] Deadline next() const { return m_patience.next(); }
    void expire(Clock::time_point now);
    void forget(std::uint64_t peer);
    [[nodiscard]] const EchoFaultCounts& counts() const { return m_counts; }

private:
    /// Of a peer.
    struct State {
        bool ended = false;
        Clock::time_point last_due; ///< of the latest echo: others come after it
        Clock::time_point free;     ///< of the rate
        std::optional<EchoDatagramBacklog::Echo> held;
    };

    void fire(EchoFaultKind kind, const DatagramPeer& peer, std::uint64_t offset);
    std::size_t left_to_echo(State& state, const DatagramPeer& peer, std::size_t size);
    Clock::time_point due_after(State& state, Clock::time_point earliest, std::size_t size) const;
    void release(std::uint64_t peer, State& state, Clock::time_point due);

    const EchoFaultPlan& m_plan;
    EchoDatagramStory& m_story;
    EchoDatagramBacklog& m_backlog;
    std::unordered_map<std::uint64_t, State> m_states; ///< by peer
    Timers m_patience;                                 ///< of those who have one held
    EchoFaultCounts m_counts;
};

} // namespace sockit
