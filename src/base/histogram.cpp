#include "base/histogram.h"

#include <cmath>

namespace sockit {

namespace {

Duration nanoseconds(std::uint64_t value) { return Duration(static_cast<Duration::rep>(value)); }

} // namespace

std::uint64_t Histogram::upper_of(std::size_t index)
{
    const std::uint64_t shift = index < 2 * half ? 0 : index / half - 1;
    const std::uint64_t sub = index - shift * half;
    return ((sub + 1) << shift) - 1;
}

void Histogram::add(const Histogram& other)
{
    if (m_counts.size() < other.m_counts.size())
        m_counts.resize(other.m_counts.size());
    for (std::size_t index = 0; index < other.m_counts.size(); ++index)
        m_counts[index] += other.m_counts[index];
    m_count += other.m_count;
    m_sum += other.m_sum;
    m_squares += other.m_squares;
    m_min = std::min(m_min, other.m_min);
    m_max = std::max(m_max, other.m_max);
}

std::optional<Duration> Histogram::min() const
{
    return m_count == 0 ? std::nullopt : std::optional(nanoseconds(m_min));
}

std::optional<Duration> Histogram::max() const
{
    return m_count == 0 ? std::nullopt : std::optional(nanoseconds(m_max));
}

std::optional<Duration> Histogram::mean() const
{
    return m_count == 0 ? std::nullopt : std::optional(nanoseconds(m_sum / m_count));
}

std::optional<Duration> Histogram::deviation() const
{
    if (m_count == 0)
        return std::nullopt;
    const auto count = static_cast<double>(m_count);
    const double mean = static_cast<double>(m_sum) / count;
    const double variance = std::max(0.0, m_squares / count - mean * mean);
    return Duration(std::llround(std::sqrt(variance)));
}

std::optional<Duration> Histogram::percentile(double quantile) const
{
    if (m_count == 0)
        return std::nullopt;
    // The next smaller number, since 0.999 * 1000 may come out as a little more than 999.
    const double rank = std::ceil(std::nextafter(quantile, 0.0) * static_cast<double>(m_count));
    const auto wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, m_count);
    std::uint64_t seen = 0;
    for (std::size_t index = 0; index < m_counts.size(); ++index) {
        seen += m_counts[index];
        if (seen >= wanted)
            return nanoseconds(std::min(upper_of(index), m_max));
    }
    return max();
}

std::vector<Histogram::Bucket> Histogram::buckets() const
{
    std::vector<Bucket> out;
    for (std::size_t index = 0; index < m_counts.size(); ++index)
        if (m_counts[index] != 0)
            out.push_back({nanoseconds(upper_of(index)), m_counts[index]});
    return out;
}

} // namespace sockit
