#include "op/admission.h"

#include <cerrno>

namespace sockit {

namespace {

constexpr auto shortage_pause = std::chrono::milliseconds(100);

} // namespace

Admission::Admission(Poller& poller, Acceptor& acceptor, std::uint64_t token,
                     std::optional<std::uint64_t> room, const AccessRules& rules, const Emit& emit)
    : m_poller(poller), m_acceptor(acceptor), m_token(token), m_room(room), m_rules(rules),
      m_emit(emit)
{}

Result<> Admission::update()
{
    if (m_retry.passed())
        m_retry = {};
    const bool open = !m_retry.is_set() && !(m_room && m_inside >= *m_room);
    if (open && !m_watched)
        TRY(m_poller.add(m_acceptor.ref(), m_token, {.read = true}));
    if (!open && m_watched)
        m_poller.remove(m_acceptor.ref());
    m_watched = open;
    return {};
}

Result<std::optional<PeerAccepted>> Admission::next(Socket& socket)
{
    if (m_retry.is_set() || (m_room && m_inside >= *m_room))
        return std::optional<PeerAccepted>();
    auto accepted = TRY(accept());
    if (!accepted)
        return std::optional<PeerAccepted>();
    socket = std::move(accepted->socket);
    ++m_inside;
    // The address it reached, where the listener has a wildcard.
    const auto local = socket.local();
    return std::optional(PeerAccepted{.id = ++m_accepted,
                                      .peer = accepted->peer,
                                      .local = local ? *local : m_acceptor.local(),
                                      .time = std::chrono::system_clock::now(),
                                      .proxy = {}});
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
            if (!m_warned)
                m_emit(Warning{.message = "accepting pauses until a connection ends",
                               .error = accepted.error()});
            m_warned = true;
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
    --m_inside;
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
