#include "op/probe_ledger.h"

#include <algorithm>
#include <utility>

namespace sockit {

ProbeLedger::ProbeLedger(const ProbePlan& plan, ProbeQueue& queue, const Emit& emit,
                         std::size_t total)
    : m_plan(plan), m_queue(queue), m_emit(emit),
      m_emit_once([this](const Event& event) { return tell_once(event); }), m_left(total),
      m_rounds(plan)
{
    m_end.summary.total = total;
}

std::optional<Clock::time_point> ProbeLedger::begun(const ProbeQueue::Item& item)
{
    const std::scoped_lock lock(m_mutex);
    return m_rounds.begun(item.number, item.attempt);
}

ProbeNext ProbeLedger::conclude(const ProbeQueue::Item& item, ProbeResult result)
{
    const std::scoped_lock lock(m_mutex);
    return take(item, std::move(result));
}

bool ProbeLedger::conclude_all(std::vector<ProbeFound>& found, bool wait)
{
    std::unique_lock lock(m_mutex, std::defer_lock);
    if (wait)
        lock.lock();
    else if (!lock.try_lock())
        return false;
    for (auto& each : found)
        take(each.item, std::move(each.result));
    drop(found.size());
    found.clear();
    return true;
}

ProbeNext ProbeLedger::take(const ProbeQueue::Item& item, ProbeResult result)
{
    result.attempt = item.attempt + (m_plan.rounds.count ? 0 : item.retried);
    auto next = m_rounds.after(item.number, result);
    if (next.tell)
        tell(std::move(result));
    m_enough = m_rounds.enough();
    return next;
}

void ProbeLedger::follow(ProbeQueue::Item& item, Clock::time_point due)
{
    ++m_left;
    auto next = item;
    ++next.attempt;
    next.retried = 0;
    m_queue.again(std::move(next), due);
    item.followed = true;
}

void ProbeLedger::tell(ProbeResult result)
{
    auto& summary = m_end.summary;
    ++(result.ok ? summary.ok : summary.failed);
    ++summary.outcomes[static_cast<std::size_t>(result.outcome)];
    m_icmp_limits.note(result);
    if (!m_emit(result))
        m_output_gone = true;
    if (!result.ok && !m_end.first_failed)
        m_end.first_failed = std::move(result);
}

bool ProbeLedger::tell_once(const Event& event)
{
    const std::scoped_lock lock(m_mutex);
    const auto* warning = event.get_if<Warning>();
    const auto* note = event.get_if<Note>();
    if ((warning && !is_new(*warning)) || (note && !is_new(*note)))
        return true;
    return m_emit(event);
}

bool ProbeLedger::is_new(const Said& said)
{
    if (std::ranges::find(m_said, said) != m_said.end())
        return false;
    m_said.push_back(said);
    return true;
}

void ProbeLedger::show()
{
    const std::scoped_lock lock(m_mutex);
    m_rounds.show(m_emit);
}

void ProbeLedger::stop()
{
    const std::scoped_lock lock(m_mutex);
    m_rounds.stop();
}

void ProbeLedger::tell_vain()
{
    const std::scoped_lock lock(m_mutex);
    for (auto& result : m_rounds.vain())
        tell(std::move(result));
}

void ProbeLedger::close()
{
    const std::scoped_lock lock(m_mutex);
    m_rounds.finish(m_emit, m_end.summary);
    m_icmp_limits.tell(m_emit);
}

} // namespace sockit
