#include "op/stat_groups.h"

#include <algorithm>
#include <set>

namespace sockit {

StatGroups::StatGroups(const std::vector<const StatColumn*>& columns)
    : m_columns(columns), m_per_owner(std::ranges::any_of(
                              columns, [](const auto* column) { return column->per_owner; }))
{}

void StatGroups::add(const StatSocket& socket)
{
    const auto& owners = socket.info.processes;
    if (!m_per_owner || !owners || owners->empty()) {
        ++m_sockets[values_of(socket, nullptr)];
        return;
    }
    std::set<Values> different;
    for (const auto& owner : *owners)
        different.insert(values_of(socket, &owner));
    for (const auto& values : different)
        ++m_sockets[values];
}

void StatGroups::emit_all(const Emit& emit) const
{
    using Entry = decltype(m_sockets)::value_type;
    std::vector<const Entry*> entries;
    entries.reserve(m_sockets.size());
    for (const auto& entry : m_sockets)
        entries.push_back(&entry);
    std::ranges::sort(entries, [](const Entry* a, const Entry* b) {
        return a->second != b->second ? a->second > b->second : a->first < b->first;
    });
    StatGroup group{m_columns, {}, 0};
    for (const auto* entry : entries) {
        group.values = entry->first;
        group.sockets = entry->second;
        if (!emit(group))
            return;
    }
}

StatGroups::Values StatGroups::values_of(const StatSocket& socket, const SocketOwner* owner) const
{
    Values values;
    values.reserve(m_columns.size());
    for (const auto* column : m_columns)
        values.push_back(column->value(*column, socket, owner));
    return values;
}

} // namespace sockit
