#pragma once

#include "event/event.h"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace sockit {

/// What the threads of a server of datagrams tell, one at a time, and count together.
class EchoDatagramStory {
public:
    EchoDatagramStory(const Emit& emit, bool tell_peers) : m_emit(emit), m_tell_peers(tell_peers) {}

    /// The number of a peer that has not spoken before.
    std::uint64_t next_peer() { return ++m_peers; }
    [[nodiscard]] std::uint64_t peers() const { return m_peers; }
    /// Whether peers and faults are told of.
    [[nodiscard]] bool tells_peers() const { return m_tell_peers; }
    void tell(const Event& event);
    /// Of many datagrams with that reason, the first is told of.
    void warn_of_loop(const Endpoint& peer);
    void warn_of_size(const Error& error);
    /// The output takes no more.
    [[nodiscard]] bool over() const { return m_over; }

private:
    const Emit& m_emit;
    bool m_tell_peers;
    std::mutex m_mutex;
    std::atomic<std::uint64_t> m_peers = 0;
    std::atomic<bool> m_over = false;
    std::atomic<bool> m_loop_told = false;
    std::atomic<bool> m_size_told = false;
};

} // namespace sockit
