#pragma once

#include "op/probe.h"
#include "op/probe_attempt.h"
#include "op/probe_encounters.h"
#include "op/probe_queue.h"
#include "op/probe_talk.h"
#include "op/probe_waiting.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// The run that a task belongs to, as it stands now.
struct ProbeRun {
    const ProbePlan& plan;
    const Emit& emit;      ///< for what the socket options became
    const TlsContext* tls; ///< of all sessions; null where the plan wants none
    ProbeEncounters& encounters;
    Socket& spare;                ///< free for another connection, if valid
    bool reset_when_open = false; ///< close what was open with RST
    bool holds_resources =
        false; ///< other tasks hold descriptors and ports, and will give them back
};

/// The probe of one target: its addresses one after the other, and each again while we are short of
/// something. Never blocks: every call tells what to wait for, and is followed by ready() or
/// expired().
class ProbeTask {
public:
    enum class Wait : std::uint8_t { Writable, Readable, Pause, Nothing };

    struct Step {
        Wait wait = Wait::Nothing; ///< Nothing: the result is there
        Deadline until;
        bool shortage = false; ///< of descriptors or memory: begin no other task now
        bool requeued = false; ///< put off for lack of something that may come back
        bool another = false;  ///< begin another try of the target beside this one
    };

    /// The item's answer and the plan outlive the task's run.
    Step begin(ProbeQueue::Item item, const ProbeRun& run);
    /// ref() became what was waited for, or failed.
    Step ready(const ProbeRun& run);
    /// The step's time has passed.
    Step expired(const ProbeRun& run);
    /// The whole run's time has passed: the result is there afterwards.
    void abandon();

    [[nodiscard]] ProbeQueue::Item& item() { return m_item; }
    /// Once each, after the end, and the result first.
    [[nodiscard]] ProbeResult take_result();
    [[nodiscard]] ProbeQueue::Item take_item() { return std::move(m_item); }
    [[nodiscard]] FdRef ref() const { return m_attempt.ref(); }
    /// Another number whenever ref() is another socket.
    [[nodiscard]] std::uint32_t serial() const { return m_serial; }
    /// Gives the descriptor back, or leaves it to others as run.spare.
    void close(const ProbeRun& run);

private:
    void take_addresses(std::span<const Endpoint> known, const std::optional<Endpoint>& source);
    Step hurried(Step step);
    Step run_out(const ProbeRun& run);
    void start_limits();
    Step advance(const ProbeRun& run);
    [[nodiscard]] Deadline share_of(const Deadline& limit) const;
    Step go_on(Finding finding, const ProbeRun& run);
    Step follow(ProbeTalk::Progress progress, const ProbeRun& run);
    Step take_verdict(Finding finding, const ProbeRun& run);
    std::optional<Step> judge(Finding finding, const ProbeRun& run);
    Step retry_or_end(const ProbeRun& run);
    Step pause(bool shortage);
    Step end(Finding finding);
    bool may_wait(const ProbeRun& run);
    std::optional<Finding> start(const ProbeRun& run);
    void keep(Finding finding);

    const ProbePlan* m_plan = nullptr;
    ProbeQueue::Item m_item;
    Clock::time_point m_begun;
    Duration m_budget{}; ///< what the resolver left of the timeout
    Deadline m_limit;
    Deadline m_connected_by; ///< of all addresses together
    Deadline m_patience;     ///< set: another try is begun then, unless this one was answered
    std::vector<Endpoint> m_addresses; ///< not yet judged, the current one last
    std::vector<Endpoint> m_again;     ///< no source port was left for these
    ProbeAttempt m_attempt;
    std::uint32_t m_serial = 0;
    std::optional<Finding> m_best;     ///< of the addresses judged
    std::optional<Finding> m_pending;  ///< what a pause would end in
    std::unique_ptr<ProbeTalk> m_talk; ///< over the connection that stands
    Step m_step;
    unsigned m_pauses = 0;
    unsigned m_retries = 0; ///< pauses while nothing of ours held what we were short of
    std::optional<std::uint32_t> m_asked; ///< the port that run.encounters knows of
    unsigned m_encounters = 0;            ///< the peer may have been another task's socket
};

} // namespace sockit
