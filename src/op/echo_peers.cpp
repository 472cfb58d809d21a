#include "op/echo_peers.h"

#include <utility>

namespace sockit {

Result<> EchoPeers::handle(std::span<const Ready> ready)
{
    for (const auto& one : ready) {
        const auto slot = static_cast<std::uint32_t>(one.token);
        if (slot < m_peers.size() && token_of(slot) == one.token)
            TRY(serve(slot, one.token));
        else if (one.token == listener_token)
            TRY(accept_some());
        // Else a signal, or a peer that left earlier in this round.
    }
    return {};
}

void EchoPeers::begin(Admission::Entrant entrant)
{
    if (m_free.empty()) {
        m_free.push_back(static_cast<std::uint32_t>(m_peers.size()));
        m_peers.emplace_back();
    }
    const std::uint32_t slot = m_free.back();
    m_free.pop_back();
    m_peers[slot] = EchoPeer(std::move(entrant.socket), entrant.id, Clock::now());
    if (auto added = poller().add(m_peers[slot].ref(), token_of(slot), {.read = true}); !added)
        close(slot, std::move(added).error());
}

Result<> EchoPeers::serve(std::uint32_t slot, std::uint64_t token)
{
    EchoPeer& peer = m_peers[slot];
    const bool was_writing = peer.writing();
    const auto received = peer.received();
    auto state = peer.serve(m_buffer);
    summary().messages += peer.received() != received ? 1 : 0;
    if (!state)
        close(slot, std::move(state).error());
    else if (*state == EchoPeer::State::Ended)
        close(slot, std::nullopt);
    else if (peer.writing() != was_writing)
        return poller().modify(peer.ref(), token, {.read = was_writing, .write = !was_writing});
    return {};
}

/// What was sent is delivered by the kernel: at the peer's end nothing of it is unread.
void EchoPeers::close(std::uint32_t slot, std::optional<Error> error)
{
    EchoPeer& peer = m_peers[slot];
    Ended end{.id = peer.id(),
              .received = peer.received(),
              .sent = peer.sent(),
              .since = peer.since(),
              .by_peer = true,
              .error = std::move(error)};
    poller().remove(peer.ref());
    peer = {};
    m_free.push_back(slot);
    note_end(std::move(end));
    if (nobody_inside()) { // what thousands needed is given back
        m_peers.clear();
        m_peers.shrink_to_fit();
        m_free.clear();
        m_free.shrink_to_fit();
    }
}

/// The slot, and the low half of the connection's number to tell its tenants apart; nobody's slot
/// has number 0.
std::uint64_t EchoPeers::token_of(std::uint32_t slot) const
{
    return m_peers[slot].id() << 32U | slot;
}

void EchoPeers::count_open()
{
    for (const auto& peer : m_peers) {
        summary().bytes_received += peer.received();
        summary().bytes_sent += peer.sent();
    }
}

} // namespace sockit
