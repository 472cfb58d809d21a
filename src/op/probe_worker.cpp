#include "op/probe_worker.h"

#include <algorithm>
#include <utility>

namespace sockit {

namespace {

/// So many are begun between two looks at what is under way.
constexpr std::size_t begun_at_once = 64;

/// A thread goes on while another one tells; up to here.
constexpr std::size_t most_untold = 256;

bool holds_socket(ProbeTask::Wait wait)
{
    return wait == ProbeTask::Wait::Writable || wait == ProbeTask::Wait::Readable;
}

/// --retries: an answer may come to the next question.
bool is_mute(const ProbeResult& result)
{
    return result.outcome == ProbeOutcome::Timeout || result.outcome == ProbeOutcome::Silent;
}

} // namespace

ProbeWorker::ProbeWorker(ProbeShared& shared, Poller& poller, std::size_t room)
    : m_shared(shared), m_poller(poller), m_room(room)
{}

/// For so many more.
std::size_t ProbeWorker::room() const
{
    return m_short ? 0 : m_room - (m_slots.size() - m_free.size());
}

/// The one used last, so that few are made where answers come at once.
std::size_t ProbeWorker::find_slot()
{
    if (m_free.empty()) {
        m_slots.emplace_back();
        return m_slots.size() - 1;
    }
    const auto index = m_free.back();
    m_free.pop_back();
    return index;
}

Result<> ProbeWorker::begin_some()
{
    m_shared.queue.take(m_taken, std::min(begun_at_once, room()));
    for (auto& item : m_taken) {
        if (item.answer == nullptr) { // forgotten meanwhile
            m_shared.ledger.drop(1);
            continue;
        }
        // Where there are many threads, no target is asked again.
        if (const auto due = m_shared.many_threads ? std::nullopt : m_shared.ledger.begun(item))
            m_shared.ledger.follow(item, *due);
        const auto index = find_slot();
        TRY(take(index, m_slots[index].task.begin(std::move(item), run())));
    }
    m_taken.clear();
    return {};
}

void ProbeWorker::settle(bool wait)
{
    if (!m_found.empty())
        m_shared.ledger.conclude_all(m_found, wait || !next_wake().passed());
}

Deadline ProbeWorker::next_wake() const
{
    const auto first = m_timers.next();
    return room() > 0 ? sooner(first, m_shared.queue.next_due()) : first;
}

Result<> ProbeWorker::handle(const Ready& ready)
{
    const auto index = static_cast<std::size_t>(ready.token & 0xffffffffU);
    if (index >= m_slots.size() || !holds_socket(m_slots[index].wait) ||
        m_slots[index].serial != ready.token >> 32U)
        return {};
    return take(index, m_slots[index].task.ready(run()));
}

Result<> ProbeWorker::expire()
{
    const auto now = Clock::now();
    while (const auto index = m_timers.expired(now))
        TRY(take(*index, m_slots[*index].task.expired(run())));
    return {};
}

void ProbeWorker::abandon_all()
{
    m_ending = true;
    for (std::size_t index = 0; index < m_slots.size(); ++index) {
        if (m_slots[index].wait == Wait::Nothing)
            continue;
        m_slots[index].task.abandon();
        finish(index);
    }
}

void ProbeWorker::conclude_unresolved(ProbeQueue::Item item)
{
    const auto index = find_slot();
    m_slots[index].task.begin(std::move(item), run());
    finish(index);
}

/// Arranges for what the task waits for.
Result<> ProbeWorker::take(std::size_t index, const Step& step)
{
    if (step.wait == Wait::Nothing) {
        finish(index);
        return {};
    }
    m_short = m_short || step.shortage;
    m_shared.requeued += step.requeued ? 1U : 0U;
    if (step.another)
        m_shared.ledger.follow(m_slots[index].task.item(), Clock::now());
    m_timers.set(index, step.until);
    return watch(index, step.wait);
}

Result<> ProbeWorker::watch(std::size_t index, Wait wait)
{
    Slot& slot = m_slots[index];
    m_shared.held -= holds_socket(slot.wait) ? 1U : 0U;
    slot.wait = wait;
    if (!holds_socket(wait))
        return {};
    ++m_shared.held;
    const Interest interest{.read = wait == Wait::Readable, .write = wait == Wait::Writable};
    const auto token = (std::uint64_t{slot.task.serial()} << 32U) | index;
    if (slot.serial == slot.task.serial())
        return m_poller.modify(slot.task.ref(), token, interest);
    slot.serial = slot.task.serial();
    return m_poller.add(slot.task.ref(), token, interest);
}

/// The slot is free for another target.
void ProbeWorker::release(std::size_t index)
{
    Slot& slot = m_slots[index];
    if (slot.wait != Wait::Nothing) { // most end without having waited
        m_shared.held -= holds_socket(slot.wait) ? 1U : 0U;
        slot.wait = Wait::Nothing;
        m_timers.set(index, {});
    }
    slot.task.close(run());
    m_free.push_back(index);
    m_short = false;
}

void ProbeWorker::finish(std::size_t index)
{
    release(index);
    ProbeTask& task = m_slots[index].task;
    auto result = task.take_result();
    auto item = task.take_item();
    auto& ledger = m_shared.ledger;
    if (!m_ending && is_mute(result) && item.retried < m_shared.plan.retries) {
        ++item.retried;
        return m_shared.queue.again(std::move(item), Clock::now());
    }
    if (m_shared.many_threads) {
        m_found.push_back({.item = std::move(item), .result = std::move(result)});
        ledger.conclude_all(m_found, m_found.size() >= most_untold);
        return;
    }
    const auto next = ledger.conclude(item, std::move(result));
    if (next.ask_name)
        m_shared.queue.ask_name(item.lookup);
    if (next.again && !item.followed)
        ledger.follow(item, *next.again);
    ledger.drop(1);
    if (next.over)
        forget(item.number);
}

/// Ends the target's other tries without a word.
void ProbeWorker::forget(std::size_t number)
{
    m_shared.ledger.drop(m_shared.queue.forget(number));
    for (auto& item : m_taken)
        if (item.number == number)
            item.answer = nullptr;
    for (std::size_t index = 0; index < m_slots.size(); ++index) {
        if (m_slots[index].wait == Wait::Nothing || m_slots[index].task.item().number != number)
            continue;
        release(index);
        m_shared.ledger.drop(1);
    }
}

ProbeRun ProbeWorker::run()
{
    return {.plan = m_shared.plan,
            .emit = m_shared.ledger.emit_once(),
            .tls = m_shared.tls ? &*m_shared.tls : nullptr,
            .encounters = m_shared.encounters,
            .spare = m_spare,
            .reset_when_open = m_shared.reset_when_open,
            .holds_resources = m_shared.held > 0};
}

} // namespace sockit
