#include "op/probe_talk.h"

#include "sock/io.h"

#include <array>
#include <utility>

namespace sockit {

bool ProbeTalk::wanted(const ProbePlan& plan, Transport /*transport*/)
{
    return plan.talk.settle.has_value();
}

ProbeTalk::ProbeTalk(const ProbeAttempt& attempt, Finding open, const Target& target,
                     const ProbePlan& plan, const Deadline& limit)
    : m_attempt(attempt), m_open(std::move(open)), m_target(target), m_plan(plan), m_limit(limit)
{}

ProbeTalk::Progress ProbeTalk::begin()
{
    m_settled = Deadline::after(m_plan.talk.settle);
    return Step{.wait = Wait::Readable, .until = m_settled};
}

ProbeTalk::Progress ProbeTalk::ready()
{
    std::array<std::byte, 1> first{};
    auto ended = m_attempt.ended();
    if (!ended) {
        auto received =
            receive_some(m_attempt.ref(), first, m_open.endpoint.value_or(Endpoint()).text());
        if (received && received->would_block())
            return Step{.wait = Wait::Readable, .until = m_settled};
        if (received && !received->end())
            return std::move(m_open);
        if (!received)
            ended = std::move(received).error();
    }
    m_open.outcome = ProbeOutcome::Reset;
    m_open.error = std::move(ended);
    return std::move(m_open);
}

Finding ProbeTalk::expired() { return std::move(m_open); }

} // namespace sockit
