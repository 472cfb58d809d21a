#pragma once

#include "base/deadline.h"
#include "event/traffic.h"
#include "sock/endpoint.h"

#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace sockit {

/// Somebody who sent us a datagram. Tens of thousands of them are remembered: small.
struct DatagramPeer {
    std::uint64_t id = 0;
    Endpoint address; ///< as the kernel named it; an unnamed unix socket cannot be answered
    Endpoint asked;   ///< the address of ours it spoke to last
    Clock::time_point since;
    Clock::time_point last_spoke;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    Datagrams datagrams;
    std::optional<KeptPayload> kept;
};

/// The peers of a socket that is not connected, in the order in which they spoke last.
class DatagramPeers {
public:
    /// Null: unknown. References stay valid until take().
    DatagramPeer* find(const Endpoint& address);
    DatagramPeer& add(DatagramPeer peer);
    /// It spoke: now it is the last who did.
    void touch(const DatagramPeer& peer, Clock::time_point now);
    /// Who spoke last of those that can be answered; null: nobody.
    DatagramPeer* to_answer();
    [[nodiscard]] const DatagramPeer& oldest() const { return m_peers.front(); }
    DatagramPeer take(const Endpoint& address);
    [[nodiscard]] bool empty() const { return m_peers.empty(); }
    [[nodiscard]] std::size_t size() const { return m_peers.size(); }

private:
    struct Hash {
        std::size_t operator()(const Endpoint& endpoint) const
        {
            return std::hash<std::string_view>()(
                {reinterpret_cast<const char*>(endpoint.data()), endpoint.size()});
        }
    };

    std::list<DatagramPeer> m_peers;
    std::unordered_map<Endpoint, std::list<DatagramPeer>::iterator, Hash> m_by_address;
};

} // namespace sockit
