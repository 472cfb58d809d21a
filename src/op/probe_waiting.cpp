#include "op/probe_waiting.h"

#include <algorithm>

namespace sockit {

namespace {

/// Between two questions to the resolver, while it has no address and while it has some.
constexpr Duration name_pause = std::chrono::milliseconds(200);
constexpr Duration name_age = std::chrono::seconds(5);

bool lacks_name(const ProbeResult& result)
{
    return result.error && result.error->phase == Phase::Resolve;
}

} // namespace

ProbeWaiting::ProbeWaiting(const ProbePlan& plan) : m_plan(plan)
{
    for (const auto& group : plan.targets)
        m_targets += group.size();
}

std::size_t ProbeWaiting::most_at_once(std::size_t targets) const
{
    constexpr Duration::rep most = 1000;
    const auto limit = std::min(connect_limit(m_plan) / wait_patience, most);
    return targets * (static_cast<std::size_t>(limit) + 2);
}

void ProbeWaiting::begun(std::size_t number, std::uint32_t attempt)
{
    Wait& wait = m_waits[number];
    if (attempt == 1)
        wait.asked = Clock::now();
    wait.tries = std::max(wait.tries, attempt);
    ++m_tries;
}

/// Whether trying on makes sense: those outcomes that say nothing of the target never do what is
/// waited for.
bool ProbeWaiting::may_change(const ProbeResult& result) const
{
    return result.outcome != ProbeOutcome::LocalError &&
           (result.outcome != ProbeOutcome::Unresolved || m_plan.rounds.wait_for_name);
}

/// 1 ms, doubled each time up to the interval; up to more where many are waited for, so that all
/// together cost no more than a few.
Duration ProbeWaiting::pause(std::uint32_t ended) const
{
    constexpr std::uint32_t most_doublings = 30;
    const Duration doubled =
        std::chrono::milliseconds(1) * (1U << std::min(ended - 1, most_doublings));
    constexpr std::size_t few = 20;
    const auto waiting = static_cast<Duration::rep>(left() / few);
    return std::min(doubled, m_plan.rounds.interval * (1 + waiting));
}

ProbeNext ProbeWaiting::after(std::size_t number, ProbeResult& result)
{
    Wait& wait = m_waits[number];
    if (wait.over)
        return {.tell = false};
    ++wait.ended;
    m_latest = number;
    if (result.outcome == ProbeOutcome::Unresolved || result.outcome == ProbeOutcome::LocalError)
        result.ok = false;
    const auto now = Clock::now();
    if (!wait.last || result.attempt >= wait.last->attempt)
        wait.last = result;
    if (result.ok || !may_change(result)) {
        wait.over = true;
        ++m_over;
        m_enough = m_enough || (result.ok && m_plan.rounds.any);
        result.attempt = wait.tries;
        return {.over = true};
    }
    ProbeNext next{.tell = false, .again = now + pause(wait.ended)};
    if (lacks_name(result)) {
        next.ask_name = true;
        next.again = now + std::max(pause(wait.ended), name_pause);
    } else if (result.phases.resolve && now - wait.asked >= name_age) {
        next.ask_name = true;
        wait.asked = now;
    }
    return next;
}

void ProbeWaiting::cut(std::size_t number, const ProbeResult& result)
{
    Wait& wait = m_waits[number];
    if (!wait.over && !wait.last)
        wait.last = result;
}

std::vector<ProbeResult> ProbeWaiting::vain() const
{
    std::vector<ProbeResult> results;
    for (const auto& [number, wait] : m_waits) {
        if (wait.over || !wait.last)
            continue;
        auto& result = results.emplace_back(*wait.last);
        result.attempt = std::max(wait.tries, 1U);
        result.ok = false;
    }
    return results;
}

ProbeProgress ProbeWaiting::progress() const
{
    ProbeProgress progress{.waiting = true, .sent = m_tries};
    progress.targets = left();
    const auto latest = m_waits.find(m_latest);
    if (latest != m_waits.end() && latest->second.last) {
        progress.target = latest->second.last->target;
        progress.last = latest->second.last->outcome;
    }
    return progress;
}

/// --each-address makes more targets than were typed.
std::size_t ProbeWaiting::left() const { return m_targets - std::min(m_over, m_targets); }

Duration connect_limit(const ProbePlan& plan)
{
    const bool patient = !plan.rounds.wait || contains(plan.want, ProbeOutcome::Timeout) ||
                         contains(plan.want, ProbeOutcome::Silent);
    return patient ? plan.timeout : std::min(plan.timeout, wait_connect_limit);
}

} // namespace sockit
