#include "op/probe_rounds.h"

#include <algorithm>

namespace sockit {

std::optional<Duration> run_limit(const ProbePlan& plan)
{
    return ends_at_deadline(plan) ? plan.deadline : plan.rounds.wait;
}

bool ends_at_deadline(const ProbePlan& plan)
{
    return !plan.rounds.wait || (plan.deadline && *plan.deadline <= *plan.rounds.wait);
}

ProbeRounds::ProbeRounds(const ProbePlan& plan) : m_plan(plan)
{
    if (plan.rounds.wait)
        m_waiting.emplace(plan);
    else if (plan.rounds.count)
        m_tally.emplace(plan);
}

std::size_t ProbeRounds::most_at_once(std::size_t targets) const
{
    if (m_waiting)
        return m_waiting->most_at_once(targets);
    return m_tally ? m_tally->most_at_once(targets) : targets;
}

std::optional<Clock::time_point> ProbeRounds::begun(std::size_t number, std::uint32_t attempt)
{
    if (m_waiting)
        m_waiting->begun(number, attempt);
    return m_tally && !m_stopped ? m_tally->begun(number, attempt) : std::nullopt;
}

ProbeNext ProbeRounds::after(std::size_t number, ProbeResult& result)
{
    if (m_waiting) {
        if (!m_stopped)
            return m_waiting->after(number, result);
        m_waiting->cut(number, result);
        return {.tell = false};
    }
    if (!m_tally)
        return {};
    if (result.attempt > 1 && result.phases.resolve) { // the first try did that
        result.phases.total -= *result.phases.resolve;
        result.phases.resolve.reset();
    }
    return m_stopped ? m_tally->cut(number, result) : m_tally->after(number, result);
}

std::vector<ProbeResult> ProbeRounds::vain() const
{
    return m_waiting ? m_waiting->vain() : std::vector<ProbeResult>();
}

void ProbeRounds::show(const Emit& emit)
{
    constexpr Duration between = std::chrono::milliseconds(100);
    const auto now = Clock::now();
    if (!m_plan.rounds.progress || (!m_tally && !m_waiting) || now - m_shown < between)
        return;
    m_shown = now;
    auto progress = m_waiting ? m_waiting->progress() : m_tally->progress();
    progress.elapsed = now - m_started;
    emit(progress);
}

void ProbeRounds::finish(const Emit& emit, ProbeSummary& summary) const
{
    if (m_tally)
        m_tally->finish(emit, summary);
}

} // namespace sockit
