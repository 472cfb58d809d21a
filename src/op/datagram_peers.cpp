#include "op/datagram_peers.h"

#include <iterator>
#include <utility>

namespace sockit {

DatagramPeer* DatagramPeers::find(const Endpoint& address)
{
    const auto found = m_by_address.find(address);
    return found == m_by_address.end() ? nullptr : &*found->second;
}

DatagramPeer& DatagramPeers::add(DatagramPeer peer)
{
    m_peers.push_back(std::move(peer));
    m_by_address[m_peers.back().address] = std::prev(m_peers.end());
    return m_peers.back();
}

void DatagramPeers::touch(const DatagramPeer& peer, Clock::time_point now)
{
    const auto place = m_by_address.at(peer.address);
    place->last_spoke = now;
    m_peers.splice(m_peers.end(), m_peers, place);
}

DatagramPeer* DatagramPeers::to_answer()
{
    // Only the unnamed cannot be, and they all are one peer.
    for (auto peer = m_peers.rbegin(); peer != m_peers.rend(); ++peer)
        if (peer->address.is_inet() || !peer->address.unix_name().empty())
            return &*peer;
    return nullptr;
}

DatagramPeer DatagramPeers::take(const Endpoint& address)
{
    const auto found = m_by_address.find(address);
    DatagramPeer peer = std::move(*found->second);
    m_peers.erase(found->second);
    m_by_address.erase(found);
    return peer;
}

} // namespace sockit
