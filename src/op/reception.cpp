#include "op/reception.h"

#include "op/receive_exactly.h"
#include "op/tls_stage.h"
#include "op/watched.h"

#include <cerrno>
#include <utility>

namespace sockit {

Reception::Reception(Socket socket, const PeerAccepted& guest, const ListenPlan& plan,
                     const std::optional<TlsContext>& tls, const Emit& emit)
    : m_channel(std::move(socket), guest.peer), m_guest(guest), m_plan(plan), m_tls(tls),
      m_emit(emit), m_deadline(Deadline::after(plan.patience))
{
    if (!m_plan.proxy_protocol)
        tell();
}

Result<Reception::Step> Reception::advance()
{
    if (!m_options_set)
        TRY(apply_options(m_channel.socket(), m_plan.listener.socket, SockoptPhase::Accepted,
                          m_emit));
    m_options_set = true;
    if (m_plan.proxy_protocol && !m_header.header() && TRY(read_header()) != Step::Done)
        return Step::WantRead;
    tell();
    return m_tls ? shake_hands() : Step::Done;
}

Result<Reception::Step> Reception::shake_hands()
{
    if (!m_session)
        m_session = TRY(TlsSession::accept(*m_tls, ref(), m_guest.peer.text()));
    switch (TRY(m_session->handshake())) {
    case TlsStep::WantRead: return Step::WantRead;
    case TlsStep::WantWrite: return Step::WantWrite;
    case TlsStep::Done: break;
    }
    m_channel.secure(*std::exchange(m_session, std::nullopt));
    return Step::Done;
}

Result<Reception::Step> Reception::read_header()
{
    const auto subject = m_guest.peer.text();
    const auto take = [&](std::string_view bytes) {
        auto taken = m_header.take(bytes);
        if (!taken) {
            Error error = taken.error();
            error.subject = subject;
            return Result<std::size_t>(Failure(std::move(error)));
        }
        return taken;
    };
    while (!m_header.header()) {
        const auto got = TRY(receive_exactly(m_channel.socket(), subject, take));
        if (got.would_block())
            return Step::WantRead;
        if (got.end()) {
            Error error = Error::from_errno(Phase::Receive, "PROXY header", subject, ECONNABORTED);
            error.detail = "the connection ended before the header was complete";
            return Failure(std::move(error));
        }
    }
    if (const auto& ends = m_header.header()->ends)
        m_guest.proxy = std::exchange(m_guest.peer, ends->source);
    return Step::Done;
}

std::optional<TlsFacts> Reception::tls_facts() const
{
    return m_session ? std::optional(m_session->facts()) : m_channel.tls_facts();
}

Error Reception::too_late() const
{
    if (m_session)
        return handshake_timed_out(m_guest.peer.text());
    Error error = Error::from_errno(Phase::Receive, "PROXY header", m_guest.peer.text(), ETIMEDOUT);
    error.detail = "it did not come within --timeout";
    return error;
}

void Reception::tell()
{
    if (!m_told)
        m_emit(m_guest);
    m_told = true;
}

Result<std::optional<Channel>> receive_guest(OpLoop& loop, Reception& reception)
{
    Watched watched(loop.poller(), reception.ref(), 0);
    while (!loop.stopped()) {
        const auto step = TRY(reception.advance());
        if (step == Reception::Step::Done) {
            watched.want(std::nullopt);
            return std::optional(reception.take_channel());
        }
        if (reception.deadline().passed())
            return Failure(reception.too_late());
        watched.want(Interest{.read = step == Reception::Step::WantRead,
                              .write = step == Reception::Step::WantWrite});
        if (watched.error())
            return Failure(*watched.error());
        TRY(loop.wait(reception.deadline()));
    }
    return std::optional<Channel>();
}

} // namespace sockit
