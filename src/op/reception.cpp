#include "op/reception.h"

#include "op/tls_stage.h"

#include <cerrno>
#include <utility>

namespace sockit {

namespace {

constexpr auto reception_limit = std::chrono::seconds(10);

} // namespace

Reception::Reception(Socket socket, const Endpoint& peer, const SocketPlan& plan,
                     const std::optional<TlsContext>& tls, const Emit& emit)
    : m_channel(std::move(socket), peer), m_plan(plan), m_tls(tls), m_emit(emit),
      m_deadline(Deadline::after(reception_limit))
{}

Result<Reception::Step> Reception::advance()
{
    if (!std::exchange(m_options_set, true))
        TRY(apply_options(m_channel.socket(), m_plan, SockoptPhase::Accepted, m_emit));
    return m_tls ? shake_hands() : Step::Done;
}

Result<Reception::Step> Reception::shake_hands()
{
    if (!m_session)
        m_session = TRY(TlsSession::accept(*m_tls, ref(), peer().text()));
    switch (TRY(m_session->handshake())) {
    case TlsStep::WantRead: return Step::WantRead;
    case TlsStep::WantWrite: return Step::WantWrite;
    case TlsStep::Done: break;
    }
    m_channel.secure(*std::exchange(m_session, std::nullopt));
    return Step::Done;
}

Error Reception::timed_out() const
{
    if (m_session)
        return handshake_timed_out(peer().text());
    return Error::from_errno(Phase::Receive, "recv", peer().text(), ETIMEDOUT);
}

std::optional<TlsFacts> Reception::tls_facts() const
{
    return m_session ? std::optional(m_session->facts()) : m_channel.tls_facts();
}

Result<std::optional<Channel>> receive_guest(OpLoop& loop, Reception& reception)
{
    while (!loop.stopped()) {
        const auto step = TRY(reception.advance());
        if (step == Reception::Step::Done)
            return std::optional(reception.take_channel());
        if (reception.deadline().passed())
            return Failure(reception.timed_out());
        TRY(loop.poller().add(reception.ref(), 0,
                              {.read = step == Reception::Step::WantRead,
                               .write = step == Reception::Step::WantWrite}));
        const auto waited = loop.wait(reception.deadline());
        loop.poller().remove(reception.ref());
        TRY(waited);
    }
    return std::optional<Channel>();
}

} // namespace sockit
