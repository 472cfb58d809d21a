#pragma once

#include "base/deadline.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// When messages should be sent in an open loop: one after the other at an even rate, the
/// connections in turn. Nothing that happens moves it.
class EchoSchedule {
public:
    /// `rate`: messages a second, of all `connections` together.
    EchoSchedule(Clock::time_point begin, std::uint64_t rate, std::uint64_t connections)
        : m_begin(begin), m_gap(1e9 / static_cast<double>(rate)), m_connections(connections)
    {}

    /// Of the connection's message, both counted from 0.
    [[nodiscard]] Clock::time_point at(std::uint64_t connection, std::uint64_t message) const
    {
        const auto before = static_cast<double>(message * m_connections + connection);
        return m_begin + Duration(static_cast<Duration::rep>(before * m_gap));
    }

private:
    Clock::time_point m_begin;
    double m_gap; ///< ns between two messages
    std::uint64_t m_connections;
};

} // namespace sockit
