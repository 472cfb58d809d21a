#pragma once

#include "base/deadline.h"
#include "op/echo_payload.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace sockit {

/// A message whose echo is awaited.
struct EchoSent {
    EchoMessage message;
    Clock::time_point intended; ///< when it should have been sent
    Clock::time_point sent;     ///< when it was
    bool overtaken = false;     ///< the echo of a later one has come
};

/// The messages of a connection that are under way, in the order of their sequence.
class EchoWindow {
public:
    [[nodiscard]] bool empty() const { return m_first == m_all.size(); }
    [[nodiscard]] std::size_t size() const { return m_all.size() - m_first; }
    [[nodiscard]] EchoSent& operator[](std::size_t index) { return m_all[m_first + index]; }
    [[nodiscard]] const EchoSent& operator[](std::size_t index) const
    {
        return m_all[m_first + index];
    }
    [[nodiscard]] const EchoSent& front() const { return m_all[m_first]; }

    void push(const EchoSent& sent) { m_all.push_back(sent); }
    EchoSent take(std::size_t index)
    {
        const EchoSent taken = (*this)[index];
        if (index > 0)
            m_all.erase(m_all.begin() + static_cast<std::ptrdiff_t>(m_first + index));
        else if (++m_first == m_all.size())
            clear();
        else if (m_first >= tidy_from && m_first * 2 >= m_all.size())
            tidy();
        return taken;
    }
    void clear()
    {
        m_all.clear();
        m_first = 0;
    }

    /// Where the message with that sequence is.
    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t sequence) const
    {
        const auto first = m_all.begin() + static_cast<std::ptrdiff_t>(m_first);
        const auto found =
            std::ranges::lower_bound(first, m_all.end(), sequence, {},
                                     [](const EchoSent& sent) { return sent.message.sequence; });
        if (found == m_all.end() || found->message.sequence != sequence)
            return std::nullopt;
        return static_cast<std::size_t>(found - first);
    }

private:
    static constexpr std::size_t tidy_from = 64;

    void tidy()
    {
        m_all.erase(m_all.begin(), m_all.begin() + static_cast<std::ptrdiff_t>(m_first));
        m_first = 0;
    }

    std::vector<EchoSent> m_all; ///< those before `m_first` are answered
    std::size_t m_first = 0;
};

} // namespace sockit
