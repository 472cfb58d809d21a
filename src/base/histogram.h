#pragma once

#include "base/deadline.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sockit {

/// Durations counted in log-linear buckets, laid out as HdrHistogram does with two significant
/// digits and a lowest discernible value of 1 ns: exact below 256 ns, from there on 128 buckets an
/// octave, none wider than 1/128 of its values. Any duration fits, and counts of different
/// histograms add up. Minimum, maximum, mean and deviation are exact, percentiles are the upper end
/// of their bucket.
class Histogram {
public:
    struct Bucket {
        Duration upper; ///< the longest duration that counts here
        std::uint64_t count;

        bool operator==(const Bucket&) const = default;
    };

    /// A negative duration counts as zero.
    void record(Duration duration)
    {
        const auto value = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
        const std::size_t index = index_of(value);
        if (index >= m_counts.size()) [[unlikely]]
            m_counts.resize(index + 1);
        ++m_counts[index];
        ++m_count;
        m_sum += value;
        m_squares += static_cast<double>(value) * static_cast<double>(value);
        m_min = std::min(m_min, value);
        m_max = std::max(m_max, value);
    }

    /// What the other counted, too.
    void add(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return m_count; }

    // Nothing where nothing was recorded.
    [[nodiscard]] std::optional<Duration> min() const;
    [[nodiscard]] std::optional<Duration> max() const;
    [[nodiscard]] std::optional<Duration> mean() const;
    /// The standard deviation of what was recorded.
    [[nodiscard]] std::optional<Duration> deviation() const;
    /// The duration that a `quantile` (0 to 1) of all recorded ones do not exceed.
    [[nodiscard]] std::optional<Duration> percentile(double quantile) const;
    /// Those that are not empty, shortest first.
    [[nodiscard]] std::vector<Bucket> buckets() const;

    /// Every bucket's count, shortest first, up to the last that is not empty: HdrHistogram's
    /// array.
    [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return m_counts; }

    bool operator==(const Histogram&) const = default;

private:
    static constexpr unsigned sub_bits = 8; ///< 256 sub-buckets, the upper half used from 256 on
    static constexpr std::uint64_t half = 1U << (sub_bits - 1);

    static constexpr std::size_t index_of(std::uint64_t value)
    {
        const auto shift =
            static_cast<unsigned>(std::bit_width(value | ((1U << sub_bits) - 1))) - sub_bits;
        return shift * half + (value >> shift);
    }
    static std::uint64_t upper_of(std::size_t index);

    std::vector<std::uint64_t> m_counts; ///< as long as the largest index needs
    std::uint64_t m_count = 0;
    std::uint64_t m_sum = 0;
    double m_squares = 0;
    std::uint64_t m_min = ~0ULL;
    std::uint64_t m_max = 0;
};

} // namespace sockit
