#include "op/echo_streams.h"

#include <utility>

namespace sockit {

EchoStreamsShared::EchoStreamsShared(const EchoServerPlan& plan, const Emit& emit,
                                     const std::optional<TlsContext>& tls)
    : m_plan(plan), m_emit(emit), m_tls(tls), m_room(plan.listener.max_connections)
{
    m_room.on_place([this] { wake(); });
}

bool EchoStreamsShared::tell(const Event& event)
{
    const std::scoped_lock lock(m_telling);
    if (m_emit(event))
        return true;
    stop();
    return false;
}

void EchoStreamsShared::wake() const
{
    for (const auto* wakeup : m_wakeups)
        wakeup->notify();
}

void EchoStreamsShared::stop()
{
    m_stop = true;
    wake();
}

EchoStreams::EchoStreams(EchoStreamsShared& shared, Poller& poller, Acceptor& acceptor)
    : m_shared(shared), m_poller(poller), m_door(poller, acceptor, listener_token, shared.room(),
                                                 shared.plan().listener.access, shared.emit())
{
    m_door.wait_before_accepting(shared.plan().faults.accept_delay);
}

Result<> EchoStreams::prepare()
{
    return m_shared.plan().faults.no_accept ? Result<>() : m_door.update();
}

Result<> EchoStreams::accept_some()
{
    for (int i = 0; i < Admission::accepts_in_a_row; ++i) {
        auto entrant = TRY(m_door.take());
        if (!entrant)
            break;
        ++m_inside;
        if (m_shared.plan().tell_peers)
            m_shared.tell(m_door.introduce(*entrant));
        if (!m_shared.plan().listener.socket.sockopts.empty())
            TRY(set_options(entrant->socket, entrant->id == 1));
        begin(std::move(*entrant));
    }
    return {};
}

/// Those that accept() does not hand on. What the first peer's tell holds for all.
Result<> EchoStreams::set_options(const Socket& socket, bool first)
{
    const auto& plan = m_shared.plan().listener.socket;
    const auto applied = apply_options(socket, plan, SockoptPhase::Accepted);
    if (!applied && plan.strict)
        return Failure(applied.error());
    if (!first)
        return {};
    if (applied)
        tell_options(*applied, m_shared.emit());
    else
        m_shared.tell(Warning{.message = {}, .error = applied.error()});
    return {};
}

void EchoStreams::note_end(Ended end)
{
    ++m_summary.closed;
    m_summary.errors += end.error ? 1 : 0;
    m_summary.bytes_received += end.received;
    m_summary.bytes_sent += end.sent;
    --m_inside;
    m_door.left();
    if (!m_shared.plan().tell_peers)
        return;
    if (end.error)
        end.error->subject = "connection " + std::to_string(end.id);
    m_shared.tell(PeerClosed{.id = end.id,
                             .bytes_received = end.received,
                             .bytes_sent = end.sent,
                             .duration = Clock::now() - end.since,
                             .closed_first_by_peer = end.by_peer,
                             .error = std::move(end.error)});
}

EchoServerSummary EchoStreams::finish()
{
    m_door.close();
    count_open();
    return m_summary;
}

} // namespace sockit
