#pragma once

#include "loop/poller_thread.h"
#include "op/echo_worker.h"

#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>

namespace sockit {

/// The threads of an echo client's load beside the first one, each with a poller and a worker of
/// its own.
class EchoHelpers {
public:
    explicit EchoHelpers(EchoShared& shared) : m_shared(shared) {}
    EchoHelpers(const EchoHelpers&) = delete;
    EchoHelpers& operator=(const EchoHelpers&) = delete;
    ~EchoHelpers() { stop(); }

    /// `first`, the poller of the first thread, finds `token` readable when all may begin, and when
    /// a helper has come to its end. Errors: out of descriptors or threads.
    Result<> start(std::size_t count, Poller& first, std::uint64_t token, const Emit& emit);
    /// The first thread has taken notice.
    void woken() const;
    void wake_all() const;
    /// All of them have come to their end.
    [[nodiscard]] bool done() const { return m_running == 0; }
    /// Ends all of them.
    void stop();
    /// What they found. After stop(). Errors: a helper could not go on.
    Result<> add_to(EchoReport& report);

private:
    struct Helper {
        Helper(EchoShared& shared, std::size_t number, PollerThread own_thread, const Emit& emit)
            : thread(std::move(own_thread)), worker(shared, thread.poller(), number, emit)
        {}

        PollerThread thread;
        EchoWorker worker;
        Result<> result;
    };

    void help(Helper& helper);
    Result<> work(Helper& helper);

    EchoShared& m_shared;
    std::optional<Wakeup> m_first; ///< of the first thread, if it has helpers
    std::deque<Helper> m_helpers;
    std::atomic<std::size_t> m_running = 0;
    std::atomic<bool> m_stop = false;
};

} // namespace sockit
