#include "loop/timers.h"

namespace sockit {

void Timers::set(std::uint64_t token, const Deadline& until)
{
    const auto found = m_points.find(token);
    if (found != m_points.end()) {
        if (until.point() == found->second)
            return;
        m_order.erase({found->second, token});
        m_points.erase(found);
    }
    if (const auto point = until.point()) {
        m_order.emplace(*point, token);
        m_points.emplace(token, *point);
    }
}

Deadline Timers::next() const
{
    return m_order.empty() ? Deadline() : Deadline::at(m_order.begin()->first);
}

std::optional<std::uint64_t> Timers::expired(Clock::time_point now)
{
    if (m_order.empty() || m_order.begin()->first > now)
        return std::nullopt;
    const auto token = m_order.begin()->second;
    set(token, {});
    return token;
}

} // namespace sockit
