#include "base/deadline.h"

#include <algorithm>
#include <limits>

namespace sockit {

Deadline Deadline::after(std::optional<Duration> span)
{
    const auto now = Clock::now();
    // A point beyond the clock's last one never comes.
    return span && *span <= Clock::time_point::max() - now ? at(now + *span) : Deadline();
}

std::optional<Duration> Deadline::remaining() const
{
    if (!m_point)
        return std::nullopt;
    return std::max(Duration::zero(),
                    std::chrono::duration_cast<Duration>(*m_point - Clock::now()));
}

int Deadline::poll_milliseconds() const
{
    const auto left = remaining();
    if (!left)
        return -1;
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(*left).count();
    return static_cast<int>(std::min<long>(milliseconds, std::numeric_limits<int>::max()));
}

Deadline sooner(const Deadline& a, const Deadline& b)
{
    if (!a.m_point)
        return b;
    if (!b.m_point)
        return a;
    return *a.m_point <= *b.m_point ? a : b;
}

} // namespace sockit
