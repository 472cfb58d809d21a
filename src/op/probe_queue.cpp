#include "op/probe_queue.h"

#include <utility>

namespace sockit {

ProbeQueue::ProbeQueue(std::span<const TargetGroup> groups, Lookups& lookups) : m_lookups(lookups)
{
    for (const auto& group : groups)
        m_waiting.push_back({.group = &group, .lookup = lookups.add(group.target)});
}

void ProbeQueue::refresh()
{
    std::erase_if(m_waiting, [&](const Cursor& cursor) {
        if (m_lookups.answer(cursor.lookup) == nullptr)
            return false;
        m_ready.push_back(cursor);
        return true;
    });
}

std::optional<ProbeQueue::Item> ProbeQueue::next()
{
    if (m_ready.empty())
        return std::nullopt;
    Cursor cursor = m_ready.front();
    m_ready.pop_front();
    Item item{.target = cursor.group->at(cursor.index), .answer = m_lookups.answer(cursor.lookup)};
    if (++cursor.index < cursor.group->size())
        m_ready.push_back(cursor);
    return item;
}

} // namespace sockit
