#pragma once

#include "base/deadline.h"

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace sockit {

/// Points in time, at most one a token, in their order. Nothing waits here: next() goes into
/// Poller::wait(), and expired() takes those that have passed.
class Timers {
public:
    /// Replaces the token's timer; a deadline without a point takes it away.
    void set(std::uint64_t token, const Deadline& until);

    /// The first of all; without a point when there is none.
    [[nodiscard]] Deadline next() const;
    /// The token whose timer passed first, no longer set; nothing when none has passed by `now`.
    [[nodiscard]] std::optional<std::uint64_t> expired(Clock::time_point now);

private:
    std::set<std::pair<Clock::time_point, std::uint64_t>> m_order;
    std::unordered_map<std::uint64_t, Clock::time_point> m_points;
};

} // namespace sockit
