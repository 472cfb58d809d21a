#pragma once

#include "op/probe_tally.h"
#include "op/probe_waiting.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sockit {

/// The limit of the whole run: its deadline, or the end of the waiting if that comes first.
std::optional<Duration> run_limit(const ProbePlan& plan);
/// Whether that limit is the deadline.
bool ends_at_deadline(const ProbePlan& plan);

/// When each target is asked again, and which tries are told: all of them with --count, the last
/// one with --wait. Targets are known by number, 0 to the count of targets.
class ProbeRounds {
public:
    /// The waiting begins now.
    explicit ProbeRounds(const ProbePlan& plan);

    /// How many tries may be under way at once so that none is late.
    [[nodiscard]] std::size_t most_at_once(std::size_t targets) const;
    /// A try begins: when the next one is due, whatever becomes of this one.
    std::optional<Clock::time_point> begun(std::size_t number, std::uint32_t attempt);
    /// A try has ended with that result, in which ProbeResult::ok and attempt may be changed.
    ProbeNext after(std::size_t number, ProbeResult& result);
    /// The run is about to end: no target is asked again. What after() hears from now on was cut
    /// short.
    void stop() { m_stopped = true; }
    /// The last results of targets that waited in vain.
    [[nodiscard]] std::vector<ProbeResult> vain() const;
    /// What was wanted is there, whatever becomes of the others.
    [[nodiscard]] bool enough() const { return m_waiting && m_waiting->enough(); }

    /// How far it is, for a person who looks on; not too often.
    void show(const Emit& emit);
    /// The run is over, or stopped: what there is to say about all tries.
    void finish(const Emit& emit, ProbeSummary& summary) const;

private:
    const ProbePlan& m_plan;
    const Clock::time_point m_started = Clock::now();
    std::optional<ProbeTally> m_tally;
    std::optional<ProbeWaiting> m_waiting;
    Clock::time_point m_shown;
    bool m_stopped = false;
};

} // namespace sockit
