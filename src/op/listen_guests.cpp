#include "op/listen_server.h"
#include "op/listen_story.h"

#include <utility>

// What a ListenServer does with each of its guests, from the reception to the farewell.

namespace sockit {

/// Goes on with the reception, and serves the guest when it is done. What goes wrong here costs
/// this connection only.
void ListenServer::welcome(Guests::iterator guest)
{
    const auto step = guest->reception->advance();
    m_loop.poller().remove(guest->ref());
    if (!step)
        return turn_away(guest, step.error());
    Result<> done;
    if (*step == Reception::Step::Done) {
        guest->story.peer = guest->reception->guest().peer;
        guest->story.proxy = guest->reception->guest().proxy;
        guest->channel.emplace(guest->reception->take_channel());
        guest->reception.reset();
        m_receiving.set(guest->story.id, {});
        guest->story.tls = guest->channel->tls_facts();
        if (guest->story.tls)
            m_emit(TlsEstablished{.connection = guest->story.id, .facts = *guest->story.tls});
        done = settle(guest);
    } else {
        m_receiving.set(guest->story.id, guest->reception->deadline());
        done = m_loop.poller().add(guest->ref(), guest->story.id,
                                   {.read = *step == Reception::Step::WantRead,
                                    .write = *step == Reception::Step::WantWrite});
    }
    if (!done)
        turn_away(guest, done.error());
}

void ListenServer::turn_away(Guests::iterator guest, const Error& error)
{
    if (guest->reception) {
        guest->reception->tell();
        guest->story.tls = guest->reception->tls_facts();
    }
    m_emit(Warning{.message = {}, .error = error});
    leave(guest, error);
}

Result<> ListenServer::settle(Guests::iterator guest)
{
    auto& story = guest->story;
    if (m_child.wanted() && !guest->channel->plain()) {
        guest->relay = TRY(ChildRelay::start(m_loop.poller(), relay_token(story.id), m_child,
                                             *std::exchange(guest->channel, std::nullopt),
                                             story.local, story.peer));
        attend_relay(guest, {});
        return {};
    }
    if (m_child.wanted()) {
        guest->child.emplace(
            TRY(Child::start(m_child, guest->channel->take_socket(), story.local, story.peer)));
        guest->channel.reset();
        return m_loop.poller().add(guest->ref(), story.id, {.read = true});
    }
    if (guest->channel->socket().type() == SOCK_SEQPACKET) {
        TRY(prepare_for_datagrams(guest->channel->socket()));
        if (!m_inbox)
            m_inbox.emplace();
        story.traffic.datagrams.emplace();
        return m_loop.poller().add(guest->ref(), story.id, {.read = true});
    }
    guest->destination = TRY(m_destinations.make_for(story.id, story.peer));
    story.file = guest->destination->path();
    TRY(m_loop.poller().add(guest->ref(), story.id, guest->interest));
    note_buffered(*guest);
    m_audience.join(*guest);
    return {};
}

void ListenServer::leave(Guests::iterator guest, std::optional<Error> error)
{
    auto& story = guest->story;
    if (guest->reception)
        guest->reception->tell();
    m_audience.part(*guest);
    m_loop.poller().remove(guest->ref());
    m_receiving.set(story.id, {});
    m_relaying.set(story.id, {});
    if (guest->relay) {
        story.child_status = guest->relay->status();
        story.traffic = guest->relay->traffic();
        story.tls = guest->relay->tls_facts();
    } else if (guest->channel && !guest->channel->plain()) {
        story.tls = guest->channel->tls_facts();
        // Else the peer would take a good end for a cut.
        if (!error && guest->queue.empty() && !story.traffic.fin_sent)
            static_cast<void>(guest->channel->finish_sending());
    }
    if (story.traffic.datagrams)
        m_messages.finish(story.payload);
    if (guest->destination) {
        // The last bytes of text that a peer cut within a character.
        static_cast<void>(guest->destination->finish());
        story.payload = guest->destination->take_kept();
    }
    story.duration = Clock::now() - guest->since;
    story.error = std::move(error);
    tell_closed(story, m_emit, m_summary);
    m_by_id.erase(story.id);
    m_guests.erase(guest);
    m_door.left();
    if (m_guests.empty())
        m_lonely_since = Clock::now();
}

void ListenServer::moved(Guest& guest)
{
    guest.last_moved = Clock::now();
    m_guests.splice(m_guests.end(), m_guests, m_by_id.at(guest.story.id));
}

Result<> ListenServer::attend(const Ready& ready)
{
    const bool of_relay = ready.token >= relay_tokens;
    const auto id = of_relay ? (ready.token - relay_tokens) / ChildRelay::token_count : ready.token;
    const auto guest = m_by_id.find(id);
    if (guest == m_by_id.end())
        return {};
    if (!of_relay)
        return attend(guest->second, ready);
    attend_relay(guest->second, std::span(&ready, 1));
    return {};
}

void ListenServer::attend_relay(Guests::iterator guest, std::span<const Ready> ready)
{
    auto& relay = *guest->relay;
    relay.handle(ready);
    const auto until = relay.prepare();
    if (relay.finished())
        leave(guest, relay.error());
    else
        m_relaying.set(guest->story.id, until);
}

Result<> ListenServer::attend(Guests::iterator guest, const Ready& ready)
{
    if (guest->reception) {
        welcome(guest);
        return {};
    }
    if (guest->child) {
        guest->story.child_status = guest->child->reap();
        leave(guest, std::nullopt);
        return {};
    }
    if (ready.writable)
        m_audience.serve(*guest);
    const bool over = ready.hangup || ready.error;
    if (guest->lost || !(ready.readable || over))
        return {};
    if (!guest->ended)
        return receive(guest);
    if (over)
        leave(guest, std::nullopt);
    return {};
}

/// TLS may hold bytes that the socket's readiness does not tell of.
void ListenServer::note_buffered(const Guest& guest)
{
    if (guest.channel && guest.channel->buffered())
        m_buffered.push_back(guest.story.id);
}

/// Those who are gone count, so that they are forgotten.
bool ListenServer::may_read_buffered(std::uint64_t id) const
{
    const auto found = m_by_id.find(id);
    return found == m_by_id.end() || found->second->interest.read;
}

Result<> ListenServer::receive_buffered()
{
    for (const auto id : std::exchange(m_buffered, {})) {
        const auto found = m_by_id.find(id);
        if (!may_read_buffered(id))
            m_buffered.push_back(id);
        else if (found != m_by_id.end() && !found->second->lost && !found->second->ended)
            TRY(receive(found->second));
    }
    return {};
}

Result<> ListenServer::receive(Guests::iterator guest)
{
    auto& traffic = guest->story.traffic;
    if (traffic.datagrams)
        return receive_messages(guest);
    const auto got = guest->channel->receive(m_buffer.space());
    if (got && got->would_block())
        return {};
    if (!got || got->end()) {
        if (!traffic.closed_first)
            traffic.closed_first = Side::Peer;
        if (!got || !m_audience.keeps(*guest))
            leave(guest, got ? std::nullopt : std::optional(got.error()));
        return {};
    }
    *traffic.bytes_received += got->bytes;
    moved(*guest);
    m_buffer.filled(got->bytes);
    note_buffered(*guest);
    const auto bytes = m_buffer.rest();
    m_audience.heard(*guest, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return hand_on(*guest, bytes);
}

Result<> ListenServer::receive_messages(Guests::iterator guest)
{
    auto& story = guest->story;
    const auto got = m_inbox->receive(guest->channel->socket(), story.peer.text());
    if (!got || got->ended)
        story.traffic.closed_first = Side::Peer;
    for (const auto& message : got ? got->datagrams : std::span<const ReceivedDatagram>()) {
        *story.traffic.bytes_received += message.bytes.size();
        ++story.traffic.datagrams->received;
        TRY(m_messages.take(message, story.peer, story.id, story.payload));
        while (!TRY(m_messages.write()) && !m_loop.stopped())
            TRY(m_loop.wait_writable(m_messages.ref()));
    }
    if (!got || got->ended) {
        leave(guest, got ? std::nullopt : std::optional(got.error()));
        return {};
    }
    moved(*guest);
    return {};
}

/// Output that takes nothing holds up everybody: there is nowhere to put what they send.
Result<> ListenServer::hand_on(Guest& guest, std::span<const std::byte> bytes)
{
    while (!bytes.empty() && !m_loop.stopped()) {
        const auto written = TRY(guest.destination->write(bytes));
        if (written.would_block())
            TRY(m_loop.wait_writable(guest.destination->ref()));
        bytes = bytes.subspan(written.bytes);
    }
    return {};
}

} // namespace sockit
