#include "op/listen_many.h"

#include "op/audience.h"
#include "op/datagram_output.h"
#include "op/delivery.h"
#include "op/listen_story.h"

#include <list>
#include <unordered_map>
#include <utility>

namespace sockit {

namespace {

class Server {
public:
    Server(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan, const ChildPlan& child,
           const std::optional<TlsContext>& tls, const Emit& emit, ListenSummary& summary,
           Destinations destinations)
        : m_loop(loop), m_plan(plan), m_child(child), m_tls(tls),
          m_emit([this, &emit](const Event& event) {
              m_output_open = emit(event) && m_output_open;
              return m_output_open;
          }),
          m_summary(summary), m_local(acceptor.local()), m_destinations(std::move(destinations)),
          m_door(loop, acceptor, listener_token, plan.listener.max_connections,
                 plan.listener.access, m_emit),
          m_audience(loop.poller(), plan, [this](Guest& guest) { moved(guest); }),
          m_messages(plan.payload, m_destinations, m_emit)
    {}

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Result<> run();

private:
    static constexpr std::uint64_t listener_token = 0;         // connections have their ids, from 1
    static constexpr std::uint64_t relay_tokens = 1ULL << 62U; // and from here on several each

    using Guests = std::list<Guest>;

    static std::uint64_t relay_token(std::uint64_t id)
    {
        return relay_tokens + id * ChildRelay::token_count;
    }

    Result<> serve();
    Result<> let_in();
    void welcome(Guests::iterator guest);
    Result<> settle(Guests::iterator guest);
    void turn_away(Guests::iterator guest, const Error& error);
    void leave(Guests::iterator guest, std::optional<Error> error);
    bool see_off();
    void moved(Guest& guest);
    Result<> attend(const Ready& ready);
    Result<> attend(Guests::iterator guest, const Ready& ready);
    void attend_relay(Guests::iterator guest, std::span<const Ready> ready);
    Result<> receive(Guests::iterator guest);
    void note_buffered(const Guest& guest);
    [[nodiscard]] bool may_read_buffered(std::uint64_t id) const;
    Result<> receive_buffered();
    Result<> receive_messages(Guests::iterator guest);
    Result<> hand_on(Guest& guest, std::span<const std::byte> bytes);
    Result<> watch_clocks();
    [[nodiscard]] Deadline next_deadline() const;
    void end_all();

    OpLoop& m_loop;
    const ListenPlan& m_plan;
    const ChildPlan& m_child;
    const std::optional<TlsContext>& m_tls;
    bool m_output_open = true; ///< as long as records can be told
    const Emit m_emit;
    ListenSummary& m_summary;
    Endpoint m_local;
    Destinations m_destinations;
    Admission m_door;
    Audience m_audience;
    Buffer m_buffer;                      ///< shared: nothing stays in it between two reads
    std::optional<DatagramInbox> m_inbox; ///< of seqpacket connections, whose messages
    DatagramOutput m_messages;            ///< go here
    Guests m_guests;                      ///< who moved longest ago first
    std::unordered_map<std::uint64_t, Guests::iterator> m_by_id;
    Timers m_receiving;                    ///< by when receptions must be done
    Timers m_relaying;                     ///< when relays to children have something to do
    std::vector<std::uint64_t> m_buffered; ///< who has bytes without being ready
    Clock::time_point m_lonely_since = Clock::now();
};

Result<> Server::run()
{
    auto served = serve();
    m_door.close();
    end_all();
    m_summary.accepted = m_door.accepted();
    m_summary.denied = m_door.denied();
    return served;
}

Result<> Server::serve()
{
    while (m_output_open) {
        TRY(m_door.update());
        do
            TRY(m_audience.prepare());
        while (see_off());
        const auto ready = TRY(m_loop.wait(next_deadline()));
        if (m_loop.stopped())
            break;
        bool knocked = false;
        for (const auto& one : ready) {
            knocked = knocked || one.token == listener_token;
            if (one.token == Audience::input_token)
                TRY(m_audience.read_input());
            TRY(attend(one));
            if (m_loop.stopped())
                return {};
        }
        TRY(receive_buffered());
        if (knocked)
            TRY(let_in());
        TRY(watch_clocks());
    }
    return {};
}

Result<> Server::let_in()
{
    for (int i = 0; i < Admission::accepts_in_a_row; ++i) {
        Socket socket;
        const auto accepted = TRY(m_door.next(socket));
        if (!accepted)
            break;
        m_guests.emplace_back();
        const auto guest = std::prev(m_guests.end());
        guest->story.id = accepted->id;
        guest->story.peer = accepted->peer;
        guest->story.local = accepted->local;
        guest->since = guest->last_moved = Clock::now();
        if (!m_child.wanted())
            guest->story.traffic = no_traffic();
        guest->reception.emplace(std::move(socket), *accepted, m_plan, m_tls, m_emit);
        m_by_id[accepted->id] = guest;
        welcome(guest);
    }
    return {};
}

/// Goes on with the reception, and serves the guest when it is done. What goes wrong here costs
/// this connection only.
void Server::welcome(Guests::iterator guest)
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

void Server::turn_away(Guests::iterator guest, const Error& error)
{
    if (guest->reception) {
        guest->reception->tell();
        guest->story.tls = guest->reception->tls_facts();
    }
    m_emit(Warning{.message = {}, .error = error});
    leave(guest, error);
}

Result<> Server::settle(Guests::iterator guest)
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

void Server::leave(Guests::iterator guest, std::optional<Error> error)
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

/// Those whom the audience has lost; whether there were any.
bool Server::see_off()
{
    const auto lost = m_audience.take_lost();
    for (const auto& [id, error] : lost) {
        if (error)
            m_emit(Warning{.message = {}, .error = error});
        if (const auto guest = m_by_id.find(id); guest != m_by_id.end())
            leave(guest->second, error);
    }
    return !lost.empty();
}

void Server::moved(Guest& guest)
{
    guest.last_moved = Clock::now();
    m_guests.splice(m_guests.end(), m_guests, m_by_id.at(guest.story.id));
}

Result<> Server::attend(const Ready& ready)
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

void Server::attend_relay(Guests::iterator guest, std::span<const Ready> ready)
{
    auto& relay = *guest->relay;
    relay.handle(ready);
    const auto until = relay.prepare();
    if (relay.finished())
        leave(guest, relay.error());
    else
        m_relaying.set(guest->story.id, until);
}

Result<> Server::attend(Guests::iterator guest, const Ready& ready)
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
void Server::note_buffered(const Guest& guest)
{
    if (guest.channel && guest.channel->buffered())
        m_buffered.push_back(guest.story.id);
}

/// Those who are gone count, so that they are forgotten.
bool Server::may_read_buffered(std::uint64_t id) const
{
    const auto found = m_by_id.find(id);
    return found == m_by_id.end() || found->second->interest.read;
}

Result<> Server::receive_buffered()
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

Result<> Server::receive(Guests::iterator guest)
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

Result<> Server::receive_messages(Guests::iterator guest)
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
Result<> Server::hand_on(Guest& guest, std::span<const std::byte> bytes)
{
    while (!bytes.empty() && !m_loop.stopped()) {
        const auto written = TRY(guest.destination->write(bytes));
        if (written.would_block())
            TRY(m_loop.wait_writable(guest.destination->ref()));
        bytes = bytes.subspan(written.bytes);
    }
    return {};
}

Result<> Server::watch_clocks()
{
    if (m_plan.accept_timeout && m_guests.empty() &&
        Clock::now() - m_lonely_since >= *m_plan.accept_timeout)
        return Failure(nobody_came(m_local));
    while (const auto late = m_receiving.expired(Clock::now()))
        turn_away(m_by_id.at(*late), m_by_id.at(*late)->reception->too_late());
    while (const auto due = m_relaying.expired(Clock::now()))
        attend_relay(m_by_id.at(*due), {});
    const auto idle = m_plan.relay.idle_timeout;
    while (idle && !m_guests.empty() && Clock::now() - m_guests.front().last_moved >= *idle) {
        const auto guest = m_guests.begin();
        guest->story.traffic.closed_first = Side::Local;
        leave(guest, idle_too_long(guest->story.peer));
    }
    return {};
}

Deadline Server::next_deadline() const
{
    for (const auto id : m_buffered)
        if (may_read_buffered(id))
            return Deadline::after(Duration::zero());
    auto next = sooner(sooner(m_door.retry(), m_receiving.next()),
                       sooner(m_audience.deadline(), m_relaying.next()));
    if (m_plan.accept_timeout && m_guests.empty())
        next = sooner(next, Deadline::at(m_lonely_since + *m_plan.accept_timeout));
    if (m_plan.relay.idle_timeout && !m_guests.empty())
        next = sooner(next, Deadline::at(m_guests.front().last_moved + *m_plan.relay.idle_timeout));
    return next;
}

void Server::end_all()
{
    std::vector<Child> children;
    for (auto& guest : m_guests)
        if (guest.child) {
            m_loop.poller().remove(guest.child->ref());
            children.push_back(*std::exchange(guest.child, std::nullopt));
        }
    for (auto& guest : m_guests)
        if (auto child = guest.relay ? guest.relay->take_child() : std::nullopt)
            children.push_back(*std::move(child));
    Child::end_all(children);
    while (!m_guests.empty()) {
        m_guests.front().story.traffic.closed_first = Side::Local;
        leave(m_guests.begin(), std::nullopt);
    }
}

} // namespace

Result<> serve_many(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan,
                    const ChildPlan& child, const std::optional<TlsContext>& tls, const Emit& emit,
                    ListenSummary& summary)
{
    auto destinations = TRY(Destinations::open(plan.payload, emit));
    return Server(loop, acceptor, plan, child, tls, emit, summary, std::move(destinations)).run();
}

} // namespace sockit
