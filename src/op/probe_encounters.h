#pragma once

#include "sock/endpoint.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace sockit {

/// Two probes of one run connect to each other when each happens to come from the port that the
/// other asks for (RFC 9293, simultaneous open): then nobody listens on either. Any number of
/// threads tell here what they ask for, and learn whether a connection may be such a one. It may be
/// a false alarm, never a missed one: ask again, from another port.
class ProbeEncounters {
public:
    /// Around each attempt, from before connect() until its connection is closed.
    void begin(std::uint32_t port) { ++m_asked[port]; }
    void end(std::uint32_t port) { --m_asked[port]; }

    /// Of a connection from `source` to `target` that stands, before its end().
    bool is_possible(const Endpoint& source, const Endpoint& target)
    {
        if (!source.is_inet() || source.address() != target.address())
            return false;
        const bool told = m_met[target.port()].exchange(false);
        if (m_asked[source.port()] == 0)
            return told;
        m_met[source.port()] = true; // for the other one, should we be gone before it looks
        return true;
    }

private:
    static constexpr std::size_t port_count = 65536;

    std::array<std::atomic<std::uint16_t>, port_count> m_asked{};
    std::array<std::atomic<bool>, port_count> m_met{};
};

} // namespace sockit
