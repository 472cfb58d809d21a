#pragma once

#include "base/deadline.h"

#include <chrono>
#include <optional>

namespace sockit {

/// When to stop waiting for answers where nothing tells that no more will come.
class AnswerClock {
public:
    /// `first`: how long the first answer may take; `linger`: how long another one is waited for
    /// after the last datagram was sent (1 s where there is none).
    AnswerClock(std::optional<Duration> first, std::optional<Duration> linger)
        : m_first_limit(first), m_linger(linger.value_or(std::chrono::seconds(1)))
    {}

    void sent()
    {
        if (!m_answered && !m_first.is_set())
            m_first = Deadline::after(m_first_limit);
    }
    void received()
    {
        m_answered = true;
        m_first = {};
        if (m_quiet.is_set())
            all_sent();
    }
    void all_sent() { m_quiet = Deadline::after(m_linger); }

    /// The first answer is late.
    [[nodiscard]] bool late() const { return m_first.passed(); }
    /// All is sent, and no other answer came for so long.
    [[nodiscard]] bool quiet() const { return m_quiet.passed(); }
    [[nodiscard]] Deadline next_late() const { return m_first; }
    [[nodiscard]] Deadline next_quiet() const { return m_quiet; }

private:
    std::optional<Duration> m_first_limit;
    Duration m_linger;
    bool m_answered = false;
    Deadline m_first;
    Deadline m_quiet;
};

} // namespace sockit
