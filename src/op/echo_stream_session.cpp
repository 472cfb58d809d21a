#include "op/echo_stream_session.h"

#include "op/chargen.h"
#include "op/delivery.h"
#include "op/tls_stage.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sockit {

namespace {

constexpr std::size_t read_size = 64UL * 1024;
constexpr Duration first_delivery_pause = std::chrono::milliseconds(1);
constexpr Duration longest_delivery_pause = std::chrono::milliseconds(50);
/// Then other connections have their turn.
constexpr int sends_in_a_row = 8;
/// Of a peer that sends and sends.
constexpr int reads_at_the_end = 64;

/// A point that has passed is none to wait for.
Deadline ahead(const Deadline& deadline, Clock::time_point now)
{
    return deadline.point() > now ? deadline : Deadline();
}

} // namespace

EchoSessionTerms::EchoSessionTerms(const EchoServerPlan& server_plan,
                                   const std::optional<TlsContext>& context)
    : plan(server_plan), tls(context), ends(echo_ends(server_plan.faults)),
      sending{.rate = server_plan.faults.rate, .line_delay = {}},
      receiving{.rate = server_plan.faults.slow_read, .line_delay = {}}, buffer(read_size)
{}

EchoSession::EchoSession(EchoSessionTerms& terms, Admission::Entrant entrant,
                         EchoPieces::Fired fired)
    : m_terms(terms), m_since(Clock::now()), m_channel(std::move(entrant.socket), entrant.peer),
      m_pieces(terms.plan.faults, entrant.id, fired), m_fired(std::move(fired)),
      m_sending(terms.sending), m_receiving(terms.receiving),
      m_messages_whole(m_channel.socket().type() == SOCK_SEQPACKET)
{
    if (terms.tls)
        m_handshake_limit = Deadline::after(terms.plan.patience);
}

Result<bool> EchoSession::advance(Clock::time_point now)
{
    if (m_terms.tls && m_channel.plain() && !TRY(shake_hands()))
        return true;
    if (m_next_end < m_terms.ends.size() && m_terms.ends[m_next_end].after == 0)
        put({}, 0, now);
    m_blocked = false;
    if (wants_bytes())
        TRY(receive(now));
    if (m_peer_ended && m_terms.plan.mode == EchoMode::Chargen)
        return bid_farewell();
    for (int i = 0; i < sends_in_a_row && !m_blocked; ++i) {
        generate(now);
        TRY(send(now));
    }
    return m_pieces.empty() ? leave(now) : true;
}

Result<bool> EchoSession::shake_hands()
{
    if (!m_handshake)
        m_handshake = TRY(TlsSession::accept(*m_terms.tls, ref(), m_channel.peer().text()));
    const auto step = TRY(m_handshake->handshake());
    if (step == TlsStep::Done) {
        m_channel.secure(*std::exchange(m_handshake, std::nullopt));
        m_handshake_limit = {};
        return true;
    }
    if (m_handshake_limit.passed())
        return Failure(handshake_timed_out(m_channel.peer().text()));
    m_handshake_wants = {.read = step == TlsStep::WantRead, .write = step == TlsStep::WantWrite};
    return false;
}

/// One read.
Result<> EchoSession::receive(Clock::time_point now)
{
    const auto room = m_receiving.allowed(m_terms.buffer, now);
    if (room == 0)
        return {};
    if (m_messages_whole) {
        const auto arrival =
            TRY(m_terms.inbox->receive(m_channel.socket(), m_channel.peer().text()));
        for (const auto& message : arrival.datagrams) {
            if (message.size > message.bytes.size())
                return Failure(Error::from_errno(Phase::Receive, "recvmmsg",
                                                 m_channel.peer().text(), EMSGSIZE));
            TRY(came(message.bytes, now));
        }
        m_peer_ended = arrival.ended;
    } else {
        const auto got = TRY(m_channel.receive(std::span(m_terms.buffer).first(room)));
        m_peer_ended = got.end();
        if (!got.end() && !got.would_block())
            TRY(came(std::span(m_terms.buffer).first(got.bytes), now));
    }
    if (m_peer_ended)
        m_pieces.end();
    return {};
}

Result<> EchoSession::came(std::span<const std::byte> bytes, Clock::time_point now)
{
    const auto offset = m_received;
    m_received += bytes.size();
    ++m_messages;
    m_receiving.sent(bytes, now);
    if (m_terms.plan.sockperf)
        return answer(bytes, now);
    if (m_terms.plan.mode != EchoMode::Chargen)
        put(bytes, offset, now);
    return {};
}

/// What is to be said to those messages of sockperf's.
Result<> EchoSession::answer(std::span<const std::byte> bytes, Clock::time_point now)
{
    std::vector<std::byte> answers;
    const bool understood = m_sockperf.take(bytes, answers);
    if (!answers.empty())
        put(answers, std::exchange(m_generated, m_generated + answers.size()), now);
    if (understood)
        return {};
    Error error = Error::from_errno(Phase::Receive, "recv", m_channel.peer().text(), EPROTO);
    error.detail = "this is not what sockperf's clients send";
    return Failure(std::move(error));
}

bool EchoSession::generates() const
{
    return m_terms.plan.mode == EchoMode::Chargen && !m_muted && !m_pieces.full();
}

/// The next characters are to the character generator what to others comes from the peer.
void EchoSession::generate(Clock::time_point now)
{
    if (!generates())
        return;
    auto bytes = chargen_bytes(m_generated);
    if (m_messages_whole)
        bytes = bytes.first(chargen_line);
    put(bytes, std::exchange(m_generated, m_generated + bytes.size()), now);
}

/// What is in front of the next end is sent; at an end, and behind it, nothing is.
void EchoSession::put(std::span<const std::byte> bytes, std::uint64_t offset, Clock::time_point now)
{
    const auto end_of = [&](std::size_t i) { return m_terms.ends[i].after; };
    const bool reached =
        m_next_end < m_terms.ends.size() && end_of(m_next_end) <= offset + bytes.size();
    const auto part = reached && !m_muted ? bytes.first(end_of(m_next_end) - offset) : bytes;
    const bool wanted = !m_muted && m_terms.plan.mode != EchoMode::Discard;
    if (wanted && (!part.empty() || (m_messages_whole && !reached)))
        m_pieces.take(part, offset, now);
    while (m_next_end < m_terms.ends.size() && end_of(m_next_end) <= offset + bytes.size())
        reach(m_terms.ends[m_next_end++]);
}

void EchoSession::reach(const EchoEnd& end)
{
    m_fired(end.kind, end.after);
    m_pieces.end();
    m_muted = true;
    m_ending = end.kind;
    m_ended_first = m_ended_first || !m_peer_ended;
}

Result<> EchoSession::send(Clock::time_point now)
{
    while (!m_blocked) {
        const auto bytes = m_pieces.due(now);
        const auto allowed = bytes ? m_sending.allowed(*bytes, now) : 0;
        if (!bytes || (allowed == 0 && !bytes->empty()))
            return {};
        const auto part = m_messages_whole ? *bytes : bytes->first(allowed);
        const auto went = TRY(m_channel.send(part));
        m_blocked = went.would_block();
        if (m_blocked)
            return {};
        m_sent += went.bytes;
        m_sending.sent(part.first(went.bytes), now);
        m_pieces.sent(went.bytes);
    }
    return {};
}

/// Our FIN; false: not yet.
Result<bool> EchoSession::finish()
{
    if (!m_fin_sent)
        m_fin_sent = TRY(m_channel.finish_sending());
    m_blocked = !m_fin_sent;
    return m_fin_sent;
}

/// After the peer's end: it need not be there any more to hear ours, which with TLS is more than
/// what close() sends. Always false: it is over.
bool EchoSession::bid_farewell()
{
    if (!m_channel.plain())
        static_cast<void>(finish());
    return false;
}

/// Nothing is left to be sent: whether there is more to come. False: it is over.
Result<bool> EchoSession::leave(Clock::time_point now)
{
    const bool half = m_ending == EchoFaultKind::HalfCloseAfter;
    if ((half || m_ending == EchoFaultKind::CloseAfter) && !TRY(finish()))
        return true;
    if (!m_ending || half)
        return m_peer_ended ? bid_farewell() : true;
    // A reset overtakes what the peer has not got.
    if (unacknowledged(m_channel.socket(), m_fin_sent).value_or(0) > 0) {
        m_delivery_pause =
            std::clamp(2 * m_delivery_pause, first_delivery_pause, longest_delivery_pause);
        m_delivery_check = Deadline::at(now + m_delivery_pause);
        return true;
    }
    if (m_ending == EchoFaultKind::ResetAfter)
        m_channel.socket().reset_on_close();
    else
        TRY(discard_unread());
    return false;
}

/// What is unread at close() turns it into a reset.
Result<> EchoSession::discard_unread()
{
    for (int i = 0; i < reads_at_the_end && !m_peer_ended; ++i) {
        const auto got = TRY(m_channel.receive(m_terms.buffer));
        if (got.would_block())
            break;
        m_peer_ended = got.end();
        m_received += got.bytes;
    }
    return {};
}

bool EchoSession::wants_bytes() const
{
    if (m_peer_ended)
        return false;
    return m_muted || m_terms.plan.mode != EchoMode::Echo || !m_pieces.full();
}

std::optional<Interest> EchoSession::interest(Clock::time_point now) const
{
    if (m_handshake)
        return m_handshake_wants;
    const bool receive = wants_bytes() && m_receiving.allowed(m_terms.buffer, now) > 0;
    const auto interest = m_channel.interest(receive, m_blocked || generates());
    return interest == Interest{} ? std::nullopt : std::optional(interest);
}

Deadline EchoSession::next(Clock::time_point now) const
{
    if (m_handshake)
        return m_handshake_limit;
    auto next = sooner(ahead(m_delivery_check, now), m_pieces.next(now));
    if (!m_blocked && !m_pieces.empty())
        next = sooner(next, ahead(m_sending.next(), now));
    if (!wants_bytes())
        return next;
    // TLS may hold bytes that the socket's readiness does not tell of.
    const bool at_once = m_channel.buffered() && m_receiving.allowed(m_terms.buffer, now) > 0;
    return sooner(next, at_once ? Deadline::at(now) : ahead(m_receiving.next(), now));
}

} // namespace sockit
