#include "op/echo_intervals.h"

#include <algorithm>
#include <iterator>

namespace sockit {

void EchoIntervals::add(std::size_t thread, const EchoInterval& part)
{
    const std::lock_guard lock(m_mutex);
    const std::size_t index = m_told[thread]++ - m_taken;
    if (index >= m_open.size())
        m_open.resize(index + 1);
    EchoInterval& whole = m_open[index];
    whole.start = part.start;
    whole.duration = std::max(whole.duration, part.duration);
    whole.messages += part.messages;
    whole.bytes += part.bytes;
    whole.flaws += part.flaws;
    whole.connections += part.connections;
    whole.latency.add(part.latency);
    whole.asked = part.asked;
}

void EchoIntervals::end(std::size_t thread)
{
    const std::lock_guard lock(m_mutex);
    m_told[thread] = ended;
}

std::vector<EchoInterval> EchoIntervals::take_complete()
{
    const std::lock_guard lock(m_mutex);
    const auto told = std::ranges::min(m_told);
    const auto count = std::min(told == ended ? m_open.size() : told - m_taken, m_open.size());
    const auto last = m_open.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<EchoInterval> complete(std::make_move_iterator(m_open.begin()),
                                       std::make_move_iterator(last));
    m_open.erase(m_open.begin(), last);
    m_taken += count;
    return complete;
}

} // namespace sockit
