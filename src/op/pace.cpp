#include "op/pace.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::uint64_t bursts_a_second = 50;
constexpr Duration burst_time = std::chrono::milliseconds(20);

} // namespace

std::size_t Pace::allowed(std::span<const std::byte> bytes, Clock::time_point now) const
{
    if (m_free && now < *m_free)
        return 0;
    auto count = bytes.size();
    if (m_plan.rate)
        count = std::min<std::size_t>(count,
                                      std::max<std::uint64_t>(*m_plan.rate / bursts_a_second, 1));
    if (m_plan.line_delay) {
        const auto end = std::ranges::find(bytes, std::byte{'\n'});
        if (end != bytes.end())
            count = std::min<std::size_t>(count, static_cast<std::size_t>(end - bytes.begin()) + 1);
    }
    return count;
}

void Pace::sent(std::span<const std::byte> bytes, Clock::time_point now)
{
    if (m_plan.rate && !bytes.empty()) {
        // What a late wake-up cost is made good, as far as one burst.
        const auto oldest = now - burst_time;
        const auto from = m_free ? std::max(*m_free, oldest) : now;
        const auto seconds = static_cast<double>(bytes.size()) / static_cast<double>(*m_plan.rate);
        m_free =
            from + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }
    if (m_plan.line_delay && !bytes.empty() && bytes.back() == std::byte{'\n'})
        m_free = std::max(m_free.value_or(now), now + *m_plan.line_delay);
}

Deadline Pace::next() const { return m_free ? Deadline::at(*m_free) : Deadline(); }

} // namespace sockit
