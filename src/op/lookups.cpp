#include "op/lookups.h"

#include "op/backoff.h"
#include "op/verdict.h"

#include <algorithm>

namespace sockit {

std::size_t Lookups::add(const Target& target)
{
    const std::size_t id = m_entries.size();
    if (!target.host.empty()) {
        const auto [known, is_new] = m_by_host.emplace(target.host, id);
        if (!is_new)
            return known->second;
    }
    Entry& entry = m_entries.emplace_back();
    entry.target = target;
    if (auto addresses = known_endpoints(target, m_options.family))
        entry.answer = LookupAnswer{.addresses = *std::move(addresses), .took = std::nullopt};
    else
        m_queue.push_back(id);
    return id;
}

void Lookups::proceed(bool others_hold_resources)
{
    std::erase_if(m_running, [&](std::size_t id) { return take(id); });
    if (m_retry.is_set() && !m_retry.passed())
        return;
    m_retry = {};
    while (!m_queue.empty() && m_running.size() < m_options.at_once) {
        if (!start(m_queue.front(), others_hold_resources))
            return;
        m_queue.pop_front();
    }
}

void Lookups::ask_again(std::size_t id)
{
    Entry& entry = m_entries[id];
    if (!entry.started || !entry.answer || entry.pending_again)
        return;
    entry.pending_again = true;
    entry.retries = 0;
    m_queue.push_back(id);
}

bool Lookups::may_improve(std::size_t id) const
{
    const Entry& entry = m_entries[id];
    return entry.pending_again && !entry.answer->addresses;
}

void Lookups::give_up()
{
    for (const auto id : m_running) {
        m_poller.remove(m_entries[id].job->ready_fd());
        conclude(m_entries[id], Failure(resolve_timed_out(m_entries[id].target)));
    }
    m_running.clear();
    for (const auto id : m_queue)
        m_entries[id].pending_again = false;
    m_queue.clear();
}

const LookupAnswer* Lookups::answer(std::size_t id) const
{
    const auto& answer = m_entries[id].answer;
    return answer ? &*answer : nullptr;
}

Deadline Lookups::wake_at() const
{
    Deadline first = m_retry;
    for (const auto id : m_running)
        first = sooner(first, Deadline::at(*m_entries[id].started + m_options.timeout));
    return first;
}

bool Lookups::start(std::size_t id, bool others_hold_resources)
{
    Entry& entry = m_entries[id];
    auto job = ResolveJob::start(entry.target, m_options.family);
    auto watched = job ? m_poller.add(job->ready_fd(), m_options.token, {.read = true})
                       : Result<>(Failure(job.error()));
    if (watched) {
        entry.job = *std::move(job);
        entry.started = Clock::now();
        m_running.push_back(id);
        return true;
    }
    const bool counts = !others_hold_resources && m_running.empty();
    if (is_pressure({.to = {}, .error = watched.error()}) &&
        (!counts || entry.retries < pressure_retries)) {
        m_retry = Deadline::after(pressure_delay(counts ? entry.retries++ : 0));
        return false;
    }
    conclude(entry, Failure(std::move(watched).error()));
    return true;
}

bool Lookups::take(std::size_t id)
{
    Entry& entry = m_entries[id];
    auto addresses = entry.job->take();
    if (!addresses) {
        if (!Deadline::at(*entry.started + m_options.timeout).passed())
            return false;
        addresses = Failure(resolve_timed_out(entry.target));
    }
    m_poller.remove(entry.job->ready_fd());
    entry.job.reset();
    if (!*addresses && is_pressure({.to = {}, .error = addresses->error()}) &&
        entry.retries < pressure_retries) {
        m_retry = Deadline::after(pressure_delay(entry.retries++));
        m_queue.push_back(id);
        return true;
    }
    conclude(entry, *std::move(addresses));
    return true;
}

void Lookups::conclude(Entry& entry, Result<std::vector<Endpoint>> addresses)
{
    const auto took = entry.started ? std::optional(Clock::now() - *entry.started) : std::nullopt;
    entry.job.reset();
    entry.pending_again = false;
    const bool worse = !addresses && entry.answer && entry.answer->addresses;
    if (!worse)
        entry.answer = LookupAnswer{.addresses = std::move(addresses), .took = took};
}

} // namespace sockit
