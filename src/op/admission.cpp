#include "op/admission.h"

#include <cerrno>

namespace sockit {

namespace {

constexpr auto shortage_pause = std::chrono::milliseconds(100);

} // namespace

bool Room::enter()
{
    if (!m_most) {
        ++m_inside;
        return true;
    }
    auto inside = m_inside.load();
    while (inside < *m_most)
        if (m_inside.compare_exchange_weak(inside, inside + 1))
            return true;
    return false;
}

void Room::leave()
{
    const bool was_full = m_most && m_inside.fetch_sub(1) == *m_most;
    if (!m_most)
        --m_inside;
    if (was_full && m_on_place)
        m_on_place();
}

Admission::Admission(Poller& poller, Acceptor& acceptor, std::uint64_t token,
                     std::optional<std::uint64_t> room, const AccessRules& rules, const Emit& emit)
    : m_poller(poller), m_acceptor(acceptor), m_token(token), m_own_room(std::in_place, room),
      m_room(*m_own_room), m_rules(rules), m_emit(emit)
{}

Admission::Admission(Poller& poller, Acceptor& acceptor, std::uint64_t token, Room& room,
                     const AccessRules& rules, const Emit& emit)
    : m_poller(poller), m_acceptor(acceptor), m_token(token), m_room(room), m_rules(rules),
      m_emit(emit)
{}

Result<> Admission::update()
{
    if (m_retry.passed())
        m_retry = {};
    const bool waiting = m_retry.is_set() || (m_due.is_set() && !m_due.passed());
    const bool open = !waiting && !m_room.full();
    if (open && !m_watched)
        TRY(m_poller.add(m_acceptor.ref(), m_token, {.read = true}));
    if (!open && m_watched)
        m_poller.remove(m_acceptor.ref());
    m_watched = open;
    return {};
}

Deadline Admission::retry() const { return m_due.passed() ? m_retry : sooner(m_retry, m_due); }

/// Whether those who wait have not waited long enough.
bool Admission::delayed()
{
    if (m_delay == Duration::zero())
        return false;
    if (!m_due.is_set())
        m_due = Deadline::after(m_delay);
    return !m_due.passed();
}

Result<std::optional<Admission::Entrant>> Admission::take()
{
    // The place is taken first: another thread may be at the same door.
    if (m_retry.is_set() || delayed() || !m_room.enter())
        return std::optional<Entrant>();
    auto accepted = accept();
    if (!accepted || !*accepted) {
        m_room.leave();
        if (!accepted)
            return Failure(std::move(accepted).error());
        m_due = {};
        return std::optional<Entrant>();
    }
    return std::optional(Entrant{.socket = std::move((*accepted)->socket),
                                 .peer = (*accepted)->peer,
                                 .id = m_room.next_number()});
}

PeerAccepted Admission::introduce(const Entrant& entrant) const
{
    // The address it reached, where the listener has a wildcard.
    const auto local = entrant.socket.local();
    return {.id = entrant.id,
            .peer = entrant.peer,
            .local = local ? *local : m_acceptor.local(),
            .time = std::chrono::system_clock::now(),
            .proxy = {}};
}

Result<std::optional<PeerAccepted>> Admission::next(Socket& socket)
{
    auto entrant = TRY(take());
    if (!entrant)
        return std::optional<PeerAccepted>();
    const auto introduced = introduce(*entrant);
    socket = std::move(entrant->socket);
    return std::optional(introduced);
}

/// The next one that the rules admit; nothing at a shortage, too.
Result<std::optional<Accepted>> Admission::accept()
{
    for (int i = 0; i < accepts_in_a_row; ++i) {
        auto accepted = m_acceptor.accept();
        if (!accepted) {
            if (!is_shortage(accepted.error()))
                return accepted;
            m_retry = Deadline::after(shortage_pause);
            if (m_room.first_shortage())
                m_emit(Warning{.message = "accepting pauses until a connection ends",
                               .error = accepted.error()});
            return std::optional<Accepted>();
        }
        if (!*accepted || m_rules.admits((*accepted)->peer))
            return accepted;
        deny(**accepted);
    }
    return std::optional<Accepted>();
}

void Admission::deny(const Accepted& accepted)
{
    ++m_denied;
    Error error =
        Error::from_errno(Phase::Listen, "accept", accepted.peer.unmapped().text(), EACCES);
    error.detail = "--allow and --deny do not admit it";
    m_emit(Warning{.message = {}, .error = std::move(error)});
}

void Admission::left()
{
    m_room.leave();
    m_retry = {};
}

void Admission::close()
{
    if (m_watched)
        m_poller.remove(m_acceptor.ref());
    m_watched = false;
    m_acceptor.close();
}

} // namespace sockit
