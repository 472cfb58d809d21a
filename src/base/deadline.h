#pragma once

#include <chrono>
#include <optional>

namespace sockit {

using Clock = std::chrono::steady_clock;
using Duration = std::chrono::nanoseconds;

/// A point on the monotonic clock, or none. A timeout is a span; a deadline is the point it ends
/// at.
class Deadline {
public:
    /// Never passes.
    Deadline() = default;
    /// That far from now; never, when there is no span.
    static Deadline after(std::optional<Duration> span);
    static Deadline at(Clock::time_point point) { return Deadline(point); }

    [[nodiscard]] bool is_set() const { return m_point.has_value(); }
    [[nodiscard]] bool passed() const { return m_point && Clock::now() >= *m_point; }
    /// Time left, at least zero; nothing when it never passes.
    [[nodiscard]] std::optional<Duration> remaining() const;
    /// For poll(2) and epoll_wait(2): milliseconds rounded up, so that waking means passed; -1 for
    /// never.
    [[nodiscard]] int poll_milliseconds() const;
    [[nodiscard]] std::optional<Clock::time_point> point() const { return m_point; }

    friend Deadline sooner(const Deadline& a, const Deadline& b);

private:
    explicit Deadline(Clock::time_point point) : m_point(point) {}

    std::optional<Clock::time_point> m_point;
};

/// Whichever passes first.
Deadline sooner(const Deadline& a, const Deadline& b);

} // namespace sockit
