#pragma once

#include "op/icmp_limits.h"
#include "op/probe.h"
#include "op/probe_queue.h"
#include "op/probe_rounds.h"

#include <atomic>
#include <mutex>
#include <variant>
#include <vector>

namespace sockit {

/// An item and what became of it.
struct ProbeFound {
    ProbeQueue::Item item;
    ProbeResult result;
};

/// What a run found out: tells each result, decides what is asked again, and keeps count. Any
/// thread may call.
class ProbeLedger {
public:
    /// `total`: how many targets there are.
    ProbeLedger(const ProbePlan& plan, ProbeQueue& queue, const Emit& emit, std::size_t total);

    /// The item is about to be asked: when its target's next try is due, whatever becomes of this
    /// one.
    std::optional<Clock::time_point> begun(const ProbeQueue::Item& item);
    /// The item's result is there. What is left of the item has to be followed or dropped.
    ProbeNext conclude(const ProbeQueue::Item& item, ProbeResult result);
    /// The same for many of a run in which no target is asked again; all of them are dropped.
    /// False: another thread is telling, and `wait` is not set.
    bool conclude_all(std::vector<ProbeFound>& found, bool wait);
    /// Queues the next try of the target.
    void follow(ProbeQueue::Item& item, Clock::time_point due);
    /// There are more targets than was known.
    void expect(std::size_t targets)
    {
        m_left += targets;
        m_end.summary.total += targets;
    }
    /// So many tries are over, or will not be.
    void drop(std::size_t tries) { m_left -= tries; }
    /// For what sockets' options became: each meets the same fate, so one word about it is enough.
    [[nodiscard]] const Emit& emit_once() const { return m_emit_once; }

    /// Nothing is left to be asked, or nobody to hear of it.
    [[nodiscard]] bool is_over() const { return m_left == 0 || m_output_gone || m_enough; }

    /// How many tries may be of use at once.
    [[nodiscard]] std::size_t most_at_once() const
    {
        return m_rounds.most_at_once(m_end.summary.total);
    }
    /// How far it is, for a person who looks on.
    void show();
    /// The run is cut short: no target is asked again.
    void stop();
    /// The last results of targets whose wanted outcome did not come in time.
    void tell_vain();
    /// The end of the run: what there is to say about all of it but the summary.
    void close();
    /// For those that have stopped calling.
    [[nodiscard]] ProbeEnd& end() { return m_end; }

private:
    using Said = std::variant<Warning, Note>;

    ProbeNext take(const ProbeQueue::Item& item, ProbeResult result);
    void tell(ProbeResult result);
    bool tell_once(const Event& event);
    bool is_new(const Said& said);

    const ProbePlan& m_plan;
    ProbeQueue& m_queue;
    const Emit& m_emit;
    const Emit m_emit_once;
    std::atomic<std::size_t> m_left; ///< tries that are queued or under way
    std::atomic<bool> m_enough = false;
    std::atomic<bool> m_output_gone = false;

    std::mutex m_mutex; ///< for what follows
    ProbeRounds m_rounds;
    IcmpLimits m_icmp_limits;
    std::vector<Said> m_said;
    ProbeEnd m_end;
};

} // namespace sockit
