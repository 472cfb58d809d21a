#include "op/listen_many.h"

#include "op/delivery.h"
#include "op/listen_server.h"
#include "op/listen_story.h"

#include <utility>

namespace sockit {

Result<> ListenServer::run()
{
    auto served = serve();
    m_door.close();
    end_all();
    m_summary.accepted = m_door.accepted();
    m_summary.denied = m_door.denied();
    return served;
}

Result<> ListenServer::serve()
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

Result<> ListenServer::let_in()
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

/// Those whom the audience has lost; whether there were any.
bool ListenServer::see_off()
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

Result<> ListenServer::watch_clocks()
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

Deadline ListenServer::next_deadline() const
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

void ListenServer::end_all()
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

Result<> serve_many(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan,
                    const ChildPlan& child, const std::optional<TlsContext>& tls, const Emit& emit,
                    ListenSummary& summary)
{
    auto destinations = TRY(Destinations::open(plan.payload, emit));
    return ListenServer(loop, acceptor, plan, child, tls, emit, summary, std::move(destinations))
        .run();
}

} // namespace sockit
