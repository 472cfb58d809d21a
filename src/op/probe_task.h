#pragma once

#include "op/connect_attempt.h"
#include "op/lookups.h"
#include "op/probe.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

class ProbeTask;

/// What a task must know of the others of its run.
struct ProbeCompany {
    std::span<ProbeTask> tasks;
    bool holds_resources = false; ///< descriptors and ports that will be given back
};

/// The probe of one target: its addresses one after the other, and each again while we are short of
/// something. Never blocks: every call tells what to wait for, and is followed by ready() or
/// expired().
class ProbeTask {
public:
    enum class Wait : std::uint8_t { Writable, Readable, Pause, Nothing };

    struct Step {
        Wait wait = Wait::Nothing; ///< Nothing: result() is there
        Deadline until;
        bool shortage = false; ///< of descriptors or memory: begin no other task now
    };

    /// `plan` and `answer` outlive the task's run.
    Step begin(Target target, const LookupAnswer& answer, const ProbePlan& plan,
               const ProbeCompany& company);
    /// ref() became what was waited for, or failed.
    Step ready(const ProbeCompany& company);
    /// The step's time has passed.
    Step expired(const ProbeCompany& company);
    /// The whole run's time has passed: result() is there afterwards.
    void abandon();

    [[nodiscard]] ProbeResult result() const;
    [[nodiscard]] FdRef ref() const { return m_attempt.ref(); }
    /// Another number whenever ref() is another socket.
    [[nodiscard]] std::uint32_t serial() const { return m_serial; }
    /// Gives the descriptor back.
    void close() { m_attempt.close(); }

private:
    Step advance(const ProbeCompany& company);
    Step go_on(Finding finding, const ProbeCompany& company);
    std::optional<Step> judge(Finding finding, const ProbeCompany& company);
    Step retry_or_end(const ProbeCompany& company);
    Step pause(bool shortage);
    Step end(Finding finding);
    bool may_wait(const ProbeCompany& company);
    bool meets_own_kind(const Finding& finding, const ProbeCompany& company);
    void keep(Finding finding);

    const ProbePlan* m_plan = nullptr;
    const LookupAnswer* m_answer = nullptr;
    Target m_target;
    Clock::time_point m_begun;
    Duration m_budget{}; ///< what the resolver left of the timeout
    Deadline m_limit;
    std::vector<Endpoint> m_addresses; ///< not yet judged, the current one last
    std::vector<Endpoint> m_again;     ///< no source port was left for these
    ConnectAttempt m_attempt;
    std::uint32_t m_serial = 0;
    std::optional<Finding> m_best;    ///< of the addresses judged
    std::optional<Finding> m_pending; ///< open while it settles; what a pause would end in
    Step m_step;
    unsigned m_pauses = 0;
    unsigned m_retries = 0;  ///< pauses while nothing of ours held what we were short of
    bool m_met_ours = false; ///< the peer is another task's socket
};

} // namespace sockit
