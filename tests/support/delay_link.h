#pragma once

#include "base/fd.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace sockit::test {

/// A link with a delay to another host, which is a network namespace: here v0 with 10.78.0.1, there
/// 10.78.0.2. Between the ends of two veth pairs a thread of ours carries the frames. Call
/// fresh_network() before. Needs iproute2 and nsenter (util-linux).
class DelayLink {
public:
    /// Every frame takes so long, in either direction.
    explicit DelayLink(std::chrono::microseconds one_way);
    DelayLink(const DelayLink&) = delete;
    DelayLink& operator=(const DelayLink&) = delete;
    ~DelayLink();

    /// Why there is none; empty when there is one. `if (…) GTEST_SKIP() << link.obstacle();`
    [[nodiscard]] const std::string& obstacle() const { return m_obstacle; }
    /// A TCP listener there. Nobody accepts.
    [[nodiscard]] Fd listen(std::uint16_t port) const;
    /// The n-th IPv4 packet from here to there is lost, counted from 1 and from now on.
    void lose(unsigned n) { m_lose = n; }
    /// All IPv4 packets from here to there are lost, until it is mended.
    void cut() { m_cut = true; }
    void mend() { m_cut = false; }
    /// Waits until so many were lost in all; fails the test after 10 s.
    void wait_for_losses(unsigned count) const;

private:
    void carry() const;
    bool loses() const;

    std::chrono::microseconds m_one_way;
    std::string m_obstacle;
    Fd m_between; ///< the namespaces: of the link, and of the other host
    Fd m_far;
    Fd m_here; ///< what comes from here and goes there, and the other end of the link
    Fd m_there;
    Fd m_stop;
    mutable std::atomic<unsigned> m_lose = 0;
    std::atomic<bool> m_cut = false;
    mutable std::atomic<unsigned> m_lost = 0;
    std::thread m_thread;
};

} // namespace sockit::test
