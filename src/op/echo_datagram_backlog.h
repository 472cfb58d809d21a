#pragma once

#include "loop/timers.h"
#include "sock/endpoint.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

namespace sockit {

/// Echoes that cannot go yet: their time has not come, or their peer's queue is full. In order for
/// each peer, and no more of them than fits the memory they may have.
class EchoDatagramBacklog {
public:
    struct Echo {
        Clock::time_point due; ///< not before
        Endpoint to;
        Endpoint from; ///< an address of ours
        std::vector<std::byte> bytes;
    };
    /// Gone, or its peer cannot be sent to now.
    enum class Sent : std::uint8_t { Gone, Full };
    using Send = std::function<Sent(std::uint64_t peer, const Echo& echo)>;

    /// Of one peer, and of all together.
    EchoDatagramBacklog(std::size_t most_each, std::size_t most)
        : m_most_each(most_each), m_most(most)
    {}

    /// Whether something of that peer's waits: what is new must wait behind it.
    [[nodiscard]] bool holds(std::uint64_t peer) const { return m_peers.contains(peer); }
    [[nodiscard]] bool empty() const { return m_peers.empty(); }
    /// Behind the peer's others, whatever it says itself; dropped where there is no room for it.
    void add(std::uint64_t peer, Echo echo);
    [[nodiscard]] std::uint64_t dropped() const { return m_dropped; }
    /// Until then nothing can go.
    [[nodiscard]] Deadline next() const { return m_timers.next(); }
    /// Sends all that is due. A peer that is full is tried again 2 ms later.
    void send_due(Clock::time_point now, const Send& send);
    void forget(std::uint64_t peer);

private:
    struct Waiting {
        std::deque<Echo> echoes;
        std::size_t bytes = 0;
    };

    static std::size_t cost(const Echo& echo) { return sizeof echo + echo.bytes.size(); }

    std::size_t m_most_each;
    std::size_t m_most;
    std::size_t m_bytes = 0;
    std::uint64_t m_dropped = 0;
    std::unordered_map<std::uint64_t, Waiting> m_peers; ///< each has something
    Timers m_timers;                                    ///< by peer
};

} // namespace sockit
