#pragma once

#include "loop/poller_thread.h"
#include "op/probe_worker.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace sockit {

/// The threads that probe beside the first one, each with a poller of its own.
class ProbeHelpers {
public:
    explicit ProbeHelpers(ProbeShared& shared) : m_shared(shared) {}
    ProbeHelpers(const ProbeHelpers&) = delete;
    ProbeHelpers& operator=(const ProbeHelpers&) = delete;
    ~ProbeHelpers() { stop(false); }

    /// Each with room for so many targets at once. `first`, the poller of the first thread, finds
    /// `token` readable when the run may be over. Errors: out of descriptors or threads.
    Result<> start(std::size_t count, std::size_t room, Poller& first, std::uint64_t token);
    /// The first thread has taken notice.
    void woken() const { m_first->clear(); }
    /// There is something new in the queue.
    void wake() const;
    /// Ends all of them, without a verdict on what they have under way, or with one.
    void stop(bool with_verdict);
    /// One of them failed.
    [[nodiscard]] bool failed() const { return m_failed; }
    /// Why, after stop().
    [[nodiscard]] Result<> result() const;

private:
    struct Helper {
        Helper(ProbeShared& shared, PollerThread own_thread, std::size_t room)
            : thread(std::move(own_thread)), worker(shared, thread.poller(), room)
        {}

        PollerThread thread;
        ProbeWorker worker;
        Result<> result;
    };

    void help(Helper& helper);
    Result<> work(Helper& helper);

    ProbeShared& m_shared;
    std::optional<Wakeup> m_first; ///< of the first thread, if it has helpers
    std::deque<Helper> m_helpers;
    std::atomic<bool> m_stop = false;
    std::atomic<bool> m_with_verdict = false;
    std::atomic<bool> m_failed = false;
};

} // namespace sockit
