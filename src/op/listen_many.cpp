#include "op/listen_many.h"

#include "loop/timers.h"
#include "op/buffer.h"
#include "op/delivery.h"
#include "op/reception.h"

#include <cerrno>
#include <list>
#include <unordered_map>
#include <utility>

namespace sockit {

namespace {

/// One connection: a socket that we read, or a child that has it.
struct Guest {
    ListenClosed story; ///< what will be told of it
    Clock::time_point since;
    Clock::time_point last_moved;
    std::optional<Reception> reception; ///< until it is done
    std::optional<Channel> channel;     ///< from then on, unless a child has it
    std::optional<Child> child;
    std::optional<Destination> destination;

    [[nodiscard]] FdRef ref() const
    {
        if (child)
            return child->ref();
        return reception ? reception->ref() : channel ? channel->socket().ref() : FdRef();
    }
};

class Server {
public:
    Server(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan, const ChildPlan& child,
           const Emit& emit, ListenSummary& summary, Destinations destinations)
        : m_loop(loop), m_plan(plan), m_child(child), m_emit([this, &emit](const Event& event) {
              m_output_open = emit(event) && m_output_open;
              return m_output_open;
          }),
          m_summary(summary), m_local(acceptor.local()), m_destinations(std::move(destinations)),
          m_door(loop, acceptor, listener_token, plan.listener.max_connections, m_emit)
    {}

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Result<> run();

private:
    static constexpr std::uint64_t listener_token = 0; // connections have their ids, from 1

    using Guests = std::list<Guest>;

    Result<> serve();
    Result<> let_in();
    void welcome(Guests::iterator guest);
    Result<> settle(Guest& guest);
    void leave(Guests::iterator guest, std::optional<Error> error);
    Result<> attend(Guests::iterator guest);
    Result<> receive(Guests::iterator guest);
    Result<> hand_on(Guest& guest, std::span<const std::byte> bytes);
    Result<> watch_clocks();
    [[nodiscard]] Deadline next_deadline() const;
    void end_all();

    OpLoop& m_loop;
    const ListenPlan& m_plan;
    const ChildPlan& m_child;
    bool m_output_open = true; ///< as long as records can be told
    const Emit m_emit;
    ListenSummary& m_summary;
    Endpoint m_local;
    Destinations m_destinations;
    Admission m_door;
    Buffer m_buffer; ///< shared: nothing stays in it between two reads
    Guests m_guests; ///< who moved longest ago first
    std::unordered_map<std::uint64_t, Guests::iterator> m_by_id;
    Timers m_receiving; ///< by when receptions must be done
    Clock::time_point m_lonely_since = Clock::now();
};

Result<> Server::run()
{
    auto served = serve();
    m_door.close();
    end_all();
    m_summary.accepted = m_door.accepted();
    return served;
}

Result<> Server::serve()
{
    while (m_output_open) {
        TRY(m_door.update());
        const auto ready = TRY(m_loop.wait(next_deadline()));
        if (m_loop.stopped())
            break;
        bool knocked = false;
        for (const auto& one : ready) {
            knocked = knocked || one.token == listener_token;
            if (const auto guest = m_by_id.find(one.token); guest != m_by_id.end())
                TRY(attend(guest->second));
            if (m_loop.stopped())
                return {};
        }
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
        const auto now = Clock::now();
        m_guests.emplace_back();
        const auto guest = std::prev(m_guests.end());
        guest->story.id = accepted->id;
        guest->story.peer = accepted->peer;
        guest->story.local = accepted->local;
        guest->since = guest->last_moved = Clock::now();
        guest->reception.emplace(std::move(socket), accepted->peer, m_plan.listener.socket, m_emit);
        m_by_id[accepted->id] = guest;
        welcome(guest);
    }
    return {};
}

/// Goes on with the reception, and serves the guest when it is done. What goes wrong here costs
/// this connection only.
void Server::welcome(Guests::iterator guest)
{
    const auto fail = [&](const Error& error) {
        m_emit(Warning{.message = {}, .error = error});
        leave(guest, error);
    };
    const auto step = guest->reception->advance();
    m_loop.poller().remove(guest->ref());
    if (!step)
        return fail(step.error());
    Result<> done;
    if (*step == Reception::Step::Done) {
        guest->channel.emplace(guest->reception->take_channel());
        guest->reception.reset();
        m_receiving.set(guest->story.id, {});
        done = settle(*guest);
    } else {
        m_receiving.set(guest->story.id, guest->reception->deadline());
        done = m_loop.poller().add(guest->ref(), guest->story.id,
                                   {.read = *step == Reception::Step::WantRead,
                                    .write = *step == Reception::Step::WantWrite});
    }
    if (!done)
        fail(done.error());
}

Result<> Server::settle(Guest& guest)
{
    auto& story = guest.story;
    if (m_child.wanted()) {
        guest.child.emplace(
            TRY(Child::start(m_child, guest.channel->take_socket(), story.local, story.peer)));
        guest.channel.reset();
    } else {
        guest.destination = m_destinations.make(story.id);
        story.traffic.bytes_sent = story.traffic.bytes_received = story.traffic.bytes_unacked = 0;
    }
    return m_loop.poller().add(guest.ref(), story.id, {.read = true});
}

void Server::leave(Guests::iterator guest, std::optional<Error> error)
{
    auto& story = guest->story;
    m_loop.poller().remove(guest->ref());
    m_receiving.set(story.id, {});
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

Result<> Server::attend(Guests::iterator guest)
{
    if (guest->reception) {
        welcome(guest);
        return {};
    }
    if (!guest->child)
        return receive(guest);
    guest->story.child_status = guest->child->reap();
    leave(guest, std::nullopt);
    return {};
}

Result<> Server::receive(Guests::iterator guest)
{
    auto& traffic = guest->story.traffic;
    const auto got = guest->channel->receive(m_buffer.space());
    if (got && got->would_block())
        return {};
    if (!got || got->end()) {
        traffic.closed_first = Side::Peer;
        leave(guest, got ? std::nullopt : std::optional(got.error()));
        return {};
    }
    *traffic.bytes_received += got->bytes;
    guest->last_moved = Clock::now();
    m_guests.splice(m_guests.end(), m_guests, guest);
    m_buffer.filled(got->bytes);
    return hand_on(*guest, m_buffer.rest());
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
        leave(m_by_id.at(*late),
              Error::from_errno(Phase::Receive, "recv", m_by_id.at(*late)->story.peer.text(),
                                ETIMEDOUT));
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
    auto next = sooner(m_door.retry(), m_receiving.next());
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
    Child::end_all(children);
    while (!m_guests.empty()) {
        m_guests.front().story.traffic.closed_first = Side::Local;
        leave(m_guests.begin(), std::nullopt);
    }
}

} // namespace

Result<> serve_many(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan,
                    const ChildPlan& child, const Emit& emit, ListenSummary& summary)
{
    auto destinations = TRY(Destinations::open(plan.payload, emit));
    return Server(loop, acceptor, plan, child, emit, summary, std::move(destinations)).run();
}

void tell_closed(const ListenClosed& closed, const Emit& emit, ListenSummary& summary)
{
    const auto add = [](auto& sum, const auto& part) {
        if (sum && part)
            *sum += *part;
        else
            sum.reset();
    };
    ++summary.closed;
    summary.errors += closed.error ? 1 : 0;
    add(summary.bytes_received, closed.traffic.bytes_received);
    add(summary.bytes_sent, closed.traffic.bytes_sent);
    emit(closed);
}

Error nobody_came(const Endpoint& local)
{
    Error error = Error::from_errno(Phase::Listen, "accept", local.text(), ETIMEDOUT);
    error.detail = "nobody connected within --accept-timeout";
    return error;
}

} // namespace sockit
