#pragma once

#include "loop/poller.h"
#include "loop/timers.h"
#include "op/probe_ledger.h"
#include "op/probe_queue.h"
#include "op/probe_task.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace sockit {

/// What the threads of a run share.
struct ProbeShared {
    const ProbePlan& plan;
    ProbeQueue& queue;
    ProbeLedger& ledger;
    const std::optional<TlsContext> tls; ///< of all sessions, where the plan wants any
    ProbeEncounters encounters;
    std::atomic<std::size_t> requeued = 0; ///< ProbeSummary
    std::atomic<std::size_t> held = 0;     ///< sockets and lookups under way, all threads together
    bool many_threads = false;             ///< each tells when no other does
    bool reset_when_open = false;          ///< a scan leaves no TIME-WAIT behind
};

/// The probes that one thread has under way. It owns no loop: whoever does calls begin_some(),
/// waits until next_wake() or for the poller's news, and hands them over.
class ProbeWorker {
public:
    /// At most `room` at once, in the poller under tokens below token_end.
    ProbeWorker(ProbeShared& shared, Poller& poller, std::size_t room);

    static constexpr std::uint64_t token_end = 0xffff'ffff'0000'0000U;

    /// Takes some from the queue, as far as there is room.
    Result<> begin_some();
    Result<> handle(const Ready& ready);
    /// Goes on with what has waited long enough.
    Result<> expire();
    /// What is under way ends as it stands.
    void abandon_all();
    /// A target whose name has no address.
    void conclude_unresolved(ProbeQueue::Item item);

    /// Has told what was found: at once if `wait`, or if there is nothing else to do now. Call
    /// before waiting, and at the end.
    void settle(bool wait);
    [[nodiscard]] Deadline next_wake() const;

private:
    using Step = ProbeTask::Step;
    using Wait = ProbeTask::Wait;

    struct Slot {
        ProbeTask task;
        Wait wait = Wait::Nothing;
        std::uint32_t serial = 0; ///< of the task's socket that the Poller knows
    };

    [[nodiscard]] std::size_t room() const;
    std::size_t find_slot();
    Result<> take(std::size_t index, const Step& step);
    Result<> watch(std::size_t index, Wait wait);
    void release(std::size_t index);
    void finish(std::size_t index);
    void forget(std::size_t number);
    [[nodiscard]] ProbeRun run();

    ProbeShared& m_shared;
    Poller& m_poller;
    std::size_t m_room;
    std::deque<Slot> m_slots; ///< made as they are needed; tasks stay where they are
    std::vector<std::size_t> m_free;
    std::vector<ProbeQueue::Item> m_taken; ///< from the queue, about to begin
    Timers m_timers;                       ///< by index of the slot
    std::vector<ProbeFound> m_found;       ///< not told yet: another thread was telling
    Socket m_spare;                        ///< free for another connection
    bool m_short = false;                  ///< of descriptors: begin nothing until something ends
    bool m_ending = false;                 ///< of the run: nobody is asked again
};

} // namespace sockit
