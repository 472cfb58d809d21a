#include "op/probe_queue.h"

#include <utility>

namespace sockit {

ProbeQueue::ProbeQueue(std::span<const TargetGroup> groups, Lookups& lookups, bool each_address)
    : m_lookups(lookups), m_each_address(each_address)
{
    for (const auto& group : groups) {
        m_waiting.push_back(
            {.group = &group, .lookup = lookups.add(group.target), .first = m_typed});
        m_typed += group.size();
    }
}

void ProbeQueue::refresh()
{
    std::erase_if(m_waiting, [&](Cursor& cursor) {
        cursor.answer = m_lookups.answer(cursor.lookup);
        if (cursor.answer == nullptr)
            return false;
        const auto& addresses = cursor.answer->addresses;
        if (m_each_address && addresses && addresses->size() > 1)
            spread(cursor);
        else
            m_ready.push_back(cursor);
        return true;
    });
    const auto now = Clock::now();
    while (!m_later.empty() && m_later.begin()->first <= now)
        m_nameless.push_back(m_later.extract(m_later.begin()).mapped());
    std::erase_if(m_nameless, [&](Item& item) {
        if (m_lookups.may_improve(item.lookup))
            return false;
        m_due.push_back(std::move(item));
        return true;
    });
}

/// A cursor for each address of the name.
void ProbeQueue::spread(Cursor cursor)
{
    const auto& answer = *cursor.answer;
    for (std::size_t i = 0; i < answer.addresses->size(); ++i) {
        if (i > 0) {
            cursor.first = m_typed + m_added;
            m_added += cursor.group->size();
        }
        cursor.answer = &m_single.emplace_back(
            LookupAnswer{.addresses = std::vector{(*answer.addresses)[i]}, .took = answer.took});
        m_ready.push_back(cursor);
    }
}

void ProbeQueue::again(Item item, Clock::time_point due) { m_later.emplace(due, std::move(item)); }

void ProbeQueue::forget(std::size_t number)
{
    const auto is_it = [&](const Item& item) { return item.number == number; };
    std::erase_if(m_later, [&](const auto& entry) { return is_it(entry.second); });
    std::erase_if(m_nameless, is_it);
    std::erase_if(m_due, is_it);
}

Deadline ProbeQueue::next_due() const
{
    return m_later.empty() ? Deadline() : Deadline::at(m_later.begin()->first);
}

std::optional<ProbeQueue::Item> ProbeQueue::next()
{
    if (!m_due.empty()) {
        Item item = std::move(m_due.front());
        m_due.pop_front();
        return item;
    }
    if (m_ready.empty())
        return std::nullopt;
    Cursor cursor = m_ready.front();
    m_ready.pop_front();
    Item item{.target = cursor.group->at(cursor.index),
              .answer = cursor.answer,
              .lookup = cursor.lookup,
              .number = cursor.first + cursor.index};
    if (++cursor.index < cursor.group->size())
        m_ready.push_back(cursor);
    return item;
}

} // namespace sockit
