#pragma once

#include "base/deadline.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace sockit {

/// How fast bytes may be sent; all empty is as fast as they come.
struct PacePlan {
    std::optional<std::uint64_t> rate;  ///< bytes per second
    std::optional<Duration> line_delay; ///< after each line

    [[nodiscard]] bool wanted() const { return rate || line_delay; }
    bool operator==(const PacePlan&) const = default;
};

/// Says how much may go now, and when to ask again.
class Pace {
public:
    explicit Pace(const PacePlan& plan) : m_plan(plan) {}

    /// How many of these bytes may go now: at most a 50th of a second's worth, and not beyond the
    /// end of a line if lines are delayed. 0: not before next().
    [[nodiscard]] std::size_t allowed(std::span<const std::byte> bytes,
                                      Clock::time_point now) const;
    void sent(std::span<const std::byte> bytes, Clock::time_point now);
    /// The point up to which nothing may go; without one when nothing is held up.
    [[nodiscard]] Deadline next() const;

private:
    PacePlan m_plan;
    std::optional<Clock::time_point> m_free; ///< nothing goes before
};

} // namespace sockit
