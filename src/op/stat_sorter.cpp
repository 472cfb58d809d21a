#include "op/stat_sorter.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sockit {

void StatSorter::add(const StatSocket& socket)
{
    Held held{{}, m_sockets.add(socket.info)};
    held.values.reserve(m_orders.size());
    for (const auto& order : m_orders)
        held.values.push_back(stat_sort_value(*order.column, socket));
    m_held.push_back(std::move(held));
}

void StatSorter::visit(StatSocket& socket, const std::function<bool()>& visitor)
{
    std::ranges::sort(m_held, [this](const Held& a, const Held& b) { return comes_before(a, b); });
    for (const auto& held : m_held) {
        m_sockets.get(held.place, socket.info);
        if (!visitor())
            break;
    }
    m_held.clear();
    m_sockets.clear();
}

bool StatSorter::comes_before(const Held& a, const Held& b) const
{
    for (std::size_t i = 0; i < m_orders.size(); ++i) {
        const auto& left = a.values[i];
        const auto& right = b.values[i];
        const bool left_known = !std::holds_alternative<std::monostate>(left);
        const bool right_known = !std::holds_alternative<std::monostate>(right);
        if (left_known != right_known)
            return left_known;
        if (left != right)
            return m_orders[i].descending ? right < left : left < right;
    }
    // Places rise in the order in which they were taken.
    return std::tie(a.place.block, a.place.offset) < std::tie(b.place.block, b.place.offset);
}

} // namespace sockit
