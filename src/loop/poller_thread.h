#pragma once

#include "loop/poller.h"
#include "loop/wakeup.h"

#include <cstdint>
#include <functional>
#include <thread>

namespace sockit {

/// A thread with a poller of its own, which other threads can wake. Movable until it is started.
class PollerThread {
public:
    /// The poller finds `wake_token` readable when somebody wakes it. Errors: out of descriptors.
    static Result<PollerThread> open(std::uint64_t wake_token);

    [[nodiscard]] Poller& poller() { return m_poller; }
    [[nodiscard]] const Wakeup& wakeup() const { return m_wakeup; }

    /// Runs `body` on it. Errors: the system has no thread left.
    Result<> start(std::function<void()> body);
    /// Waits for its end, if it was started.
    void join();

private:
    PollerThread(Poller poller, Wakeup wakeup)
        : m_poller(std::move(poller)), m_wakeup(std::move(wakeup))
    {}

    Poller m_poller;
    Wakeup m_wakeup;
    std::jthread m_thread;
};

} // namespace sockit
