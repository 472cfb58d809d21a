#include "op/echo_stream_sessions.h"

#include "op/echo_peers.h"

namespace sockit {

EchoSessions::EchoSessions(EchoStreamsShared& shared, Poller& poller, Acceptor& acceptor)
    : EchoStreams(shared, poller, acceptor), m_terms(shared.plan(), shared.tls())
{
    if (acceptor.socket().type() == SOCK_SEQPACKET)
        m_terms.inbox.emplace();
}

Result<> EchoSessions::handle(std::span<const Ready> ready)
{
    for (const auto& one : ready)
        if (one.token == listener_token)
            TRY(accept_some());
        else
            attend(one.token);
    const auto now = Clock::now();
    while (const auto id = m_timers.expired(now))
        attend(*id);
    return {};
}

void EchoSessions::begin(Admission::Entrant entrant)
{
    const auto id = entrant.id;
    const auto tell = [this, id](EchoFaultKind kind, std::uint64_t offset) {
        fired(id, kind, offset);
    };
    const auto prepared = prepare_for_datagrams(entrant.socket);
    auto guest =
        std::make_unique<Guest>(EchoSession(m_terms, std::move(entrant), tell), poller(), id);
    const auto added = m_guests.emplace(id, std::move(guest)).first;
    if (!prepared)
        end(added, prepared.error());
    else
        attend(id);
}

/// Signals and those who left earlier in this round are nobody.
void EchoSessions::attend(std::uint64_t id)
{
    const auto found = m_guests.find(id);
    if (found == m_guests.end())
        return;
    auto& [session, watched] = *found->second;
    const auto now = Clock::now();
    const auto going = session.advance(now);
    if (!going)
        return end(found, going.error());
    if (!*going)
        return end(found, std::nullopt);
    m_timers.set(id, session.next(now));
    watched.want(session.interest(now));
    if (watched.error())
        end(found, watched.error());
}

void EchoSessions::end(Guests::iterator guest, std::optional<Error> error)
{
    const auto& session = guest->second->session;
    Ended end{.id = guest->first,
              .received = session.received(),
              .sent = session.sent(),
              .since = session.since(),
              .by_peer = session.ended_by_peer(),
              .error = std::move(error)};
    summary().messages += session.messages();
    m_timers.set(guest->first, {});
    m_guests.erase(guest);
    note_end(std::move(end));
}

void EchoSessions::fired(std::uint64_t id, EchoFaultKind kind, std::uint64_t offset)
{
    add(summary().faults, kind);
    if (shared().plan().tell_peers)
        shared().tell(EchoFault{.id = id, .kind = kind, .offset = offset});
}

void EchoSessions::count_open()
{
    for (const auto& [id, guest] : m_guests) {
        summary().messages += guest->session.messages();
        summary().bytes_received += guest->session.received();
        summary().bytes_sent += guest->session.sent();
    }
}

std::unique_ptr<EchoStreams> make_echo_streams(EchoStreamsShared& shared, Poller& poller,
                                               Acceptor& acceptor)
{
    const auto& plan = shared.plan();
    const bool plain = !plan.tls && plan.mode == EchoMode::Echo && !plan.sockperf &&
                       !plan.faults.any_after_accept() && acceptor.socket().type() == SOCK_STREAM;
    if (plain)
        return std::make_unique<EchoPeers>(shared, poller, acceptor);
    return std::make_unique<EchoSessions>(shared, poller, acceptor);
}

} // namespace sockit
