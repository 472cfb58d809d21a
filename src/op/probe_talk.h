#pragma once

#include "base/deadline.h"
#include "op/probe.h"
#include "op/probe_attempt.h"
#include "op/probe_finding.h"

#include <variant>

namespace sockit {

/// What a probe wants of a connection once it stands: that it stays. Never blocks: while it waits
/// for something, ready() or expired() follow.
class ProbeTalk {
public:
    enum class Wait : std::uint8_t { Readable, Writable };
    struct Step {
        Wait wait;
        Deadline until;
    };
    /// Goes on, or the verdict.
    using Progress = std::variant<Step, Finding>;

    /// Whether there is anything to do at all.
    static bool wanted(const ProbePlan& plan, Transport transport);

    /// `open` is what connecting found. Attempt, target and plan outlive the talk.
    ProbeTalk(const ProbeAttempt& attempt, Finding open, const Target& target,
              const ProbePlan& plan, const Deadline& limit);
    Progress begin();
    /// The socket became what was waited for, or failed.
    Progress ready();
    /// The step's time has passed.
    Finding expired();

private:
    const ProbeAttempt& m_attempt;
    Finding m_open;
    const Target& m_target;
    const ProbePlan& m_plan;
    Deadline m_limit;
    Deadline m_settled;
};

} // namespace sockit
