#include "op/probe_talk_stream.h"

#include "base/escape.h"
#include "op/tls_stage.h"
#include "sock/errqueue.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sockit {

namespace {

/// So many reads before others have their turn: a peer may talk without end.
constexpr int reads_at_once = 16;
constexpr std::size_t read_size = 16UL << 10U;

std::string days_text(std::int64_t days)
{
    return std::to_string(days) + (days == 1 ? " day" : " days");
}

Error ends_soon(std::string_view peer, std::int64_t left, std::int64_t least)
{
    const auto state = left < 0 ? "the certificate ended " + days_text(-left) + " ago"
                                : "the certificate ends in " + days_text(left);
    return Error::tls("certificate", peer, TlsFault::ExpiresSoon,
                      state + ", wanted at least " + days_text(least));
}

/// The end of a stream that TLS could not tell from a cut is still an end.
bool is_tls_failure(const std::optional<Error>& error)
{
    return error && error->domain == Domain::Tls &&
           error->code != static_cast<int>(TlsFault::Truncated);
}

} // namespace

ProbeStreamTalk::ProbeStreamTalk(const ProbeTalkScene& scene, Finding open, const Deadline& limit)
    : m_scene(scene), m_plan(scene.plan.talk), m_finding(std::move(open)), m_limit(limit),
      m_peer(m_finding.endpoint.value_or(Endpoint()).text()), m_dialogue(m_plan.dialogue)
{}

ProbeTalk::Progress ProbeStreamTalk::begin()
{
    if (m_plan.settle)
        m_settled = Deadline::after(m_plan.settle);
    // From here on an ICMP message is a hint, and TCP lives on.
    drop_icmp_errors(m_scene.attempt.ref(), m_scene.attempt.socket().family());
    if (!speaks_tls(m_plan, m_scene.target.transport))
        return stand();
    m_begun = Clock::now();
    m_shaking_hands = true;
    if (const auto& ended = m_scene.attempt.ended())
        return handshake_failed(*ended);
    auto session = TlsSession::connect(*m_scene.tls, m_scene.attempt.ref(),
                                       tls_name(*m_plan.tls, m_scene.target), m_peer);
    if (!session)
        return handshake_failed(std::move(session).error());
    m_tls = *std::move(session);
    return shake_hands();
}

ProbeTalk::Progress ProbeStreamTalk::ready()
{
    return m_shaking_hands ? shake_hands() : converse();
}

ProbeTalk::Progress ProbeStreamTalk::expired()
{
    if (m_shaking_hands && m_limit.passed())
        return out_of_time();
    return ready();
}

Finding ProbeStreamTalk::give_up() { return out_of_time(); }

ProbeTalk::Progress ProbeStreamTalk::shake_hands()
{
    const auto step = m_tls->handshake();
    if (!step)
        return handshake_failed(step.error());
    if (*step == TlsStep::Done)
        return secured();
    return Step{.wait = *step == TlsStep::WantRead ? Wait::Readable : Wait::Writable,
                .until = m_limit};
}

ProbeTalk::Progress ProbeStreamTalk::secured()
{
    m_finding.tls = Clock::now() - m_begun;
    m_shaking_hands = false;
    const auto left = m_tls->facts().days_left;
    if (m_plan.least_days_left && left && *left < *m_plan.least_days_left)
        return failed(ProbeOutcome::TlsError, ends_soon(m_peer, *left, *m_plan.least_days_left));
    return stand();
}

ProbeTalk::Progress ProbeStreamTalk::handshake_failed(Error error)
{
    m_finding.tls = Clock::now() - m_begun;
    const bool cut =
        error.domain == Domain::Errno || error.code == static_cast<int>(TlsFault::Truncated);
    if (cut && !settled())
        return failed(ProbeOutcome::Reset, std::move(error));
    if (error.domain == Domain::Errno)
        error.phase = Phase::Tls;
    return failed(ProbeOutcome::TlsError, std::move(error));
}

/// The connection, secured or not, is there.
ProbeTalk::Progress ProbeStreamTalk::stand()
{
    m_stood = Clock::now();
    m_banner_until = sooner(m_limit, Deadline::after(banner_patience));
    return converse();
}

ProbeTalk::Progress ProbeStreamTalk::converse()
{
    std::array<std::byte, read_size> buffer{};
    for (int i = 0; i < reads_at_once; ++i) {
        if (auto progress = say())
            return *std::move(progress);
        if (done())
            return concluded();
        if (has_more_to_say() && m_limit.passed())
            return out_of_time();
        const auto came = receive(buffer);
        if (!came)
            return lost(came.error());
        if (came->would_block())
            return wait();
        if (came->end())
            return lost(std::nullopt);
        hear({reinterpret_cast<const char*>(buffer.data()), came->bytes});
    }
    return Step{.wait = wait_to_receive(), .until = Deadline::at(Clock::now())};
}

/// Sends what is to be said now; nothing: the peer has its turn.
std::optional<ProbeTalk::Progress> ProbeStreamTalk::say()
{
    while (true) {
        if (m_unsent.empty()) {
            const auto next = m_dialogue.next_to_send();
            if (!next)
                return std::nullopt;
            m_unsent = *next;
            m_said_any = true;
            m_heard = false;
        }
        if (m_limit.passed())
            return out_of_time();
        const auto sent = send(m_unsent);
        if (!sent) {
            hear_the_rest();
            return lost(sent.error());
        }
        if (sent->would_block())
            return Step{.wait = wait_to_send(), .until = m_limit};
        m_unsent.remove_prefix(sent->bytes);
        // Who was asked has the whole time for an answer.
        m_banner_until = m_limit;
    }
}

void ProbeStreamTalk::hear(std::string_view bytes)
{
    if (!std::exchange(m_heard_any, true))
        m_finding.first_byte = Clock::now() - m_stood;
    if (m_plan.banner && !banner_is_over()) {
        m_banner.append(bytes.substr(0, longest_banner - m_banner.size()));
        m_banner_until = sooner(m_limit, Deadline::after(banner_pause));
    }
    if (!m_dialogue.over()) {
        m_dialogue.received(bytes);
        m_heard = m_dialogue.has_unmatched();
    }
}

/// The peer may have said something before it ended the connection.
void ProbeStreamTalk::hear_the_rest()
{
    std::array<std::byte, read_size> buffer{};
    for (int i = 0; i < reads_at_once; ++i) {
        const auto came = receive(buffer);
        if (!came || came->would_block() || came->end())
            return;
        hear({reinterpret_cast<const char*>(buffer.data()), came->bytes});
    }
}

/// The peer ended the connection; with an error if not in peace.
ProbeTalk::Progress ProbeStreamTalk::lost(std::optional<Error> error)
{
    if (is_tls_failure(error))
        return failed(ProbeOutcome::TlsError, std::move(error));
    if (!m_unsent.empty())
        return failed(ProbeOutcome::Reset, std::move(error));
    if (!m_dialogue.over()) {
        auto missed = m_dialogue.missed(error && error->domain == Domain::Errno
                                            ? "the connection was reset"
                                            : "the peer ended the connection");
        if (m_heard)
            return failed(ProbeOutcome::Mismatch, std::move(missed));
        return failed(ProbeOutcome::Reset, error ? std::move(error) : std::move(missed));
    }
    const bool awaited = m_plan.banner || !settled();
    if (awaited && !m_heard_any)
        return failed(ProbeOutcome::Reset, std::move(error));
    return concluded();
}

ProbeTalk::Progress ProbeStreamTalk::wait()
{
    Deadline until = has_more_to_say() ? m_limit : Deadline();
    if (!banner_is_over())
        until = sooner(until, m_banner_until);
    if (!settled())
        until = sooner(until, m_settled);
    return Step{.wait = wait_to_receive(), .until = until};
}

Result<Transfer> ProbeStreamTalk::send(std::string_view bytes)
{
    const auto raw = std::as_bytes(std::span(bytes));
    return m_tls ? m_tls->write(raw) : send_some(m_scene.attempt.ref(), raw, m_peer);
}

Result<Transfer> ProbeStreamTalk::receive(std::span<std::byte> buffer)
{
    if (const auto& ended = m_scene.attempt.ended())
        return Failure(*ended);
    return m_tls ? m_tls->read(buffer) : receive_some(m_scene.attempt.ref(), buffer, m_peer);
}

ProbeTalk::Wait ProbeStreamTalk::wait_to_receive() const
{
    const bool writes = m_tls && m_tls->read_waits_for() == TlsStep::WantWrite;
    return writes ? Wait::Writable : Wait::Readable;
}

ProbeTalk::Wait ProbeStreamTalk::wait_to_send() const
{
    const bool reads = m_tls && m_tls->write_waits_for() == TlsStep::WantRead;
    return reads ? Wait::Readable : Wait::Writable;
}

bool ProbeStreamTalk::banner_is_over() const
{
    return !m_plan.banner || m_banner.size() >= longest_banner ||
           m_banner.find('\n') != std::string::npos || m_banner_until.passed();
}

bool ProbeStreamTalk::settled() const
{
    return !m_settled.is_set() || m_heard_any || m_settled.passed();
}

bool ProbeStreamTalk::done() const { return !has_more_to_say() && banner_is_over() && settled(); }

Finding ProbeStreamTalk::concluded()
{
    if (m_plan.banner && m_heard_any)
        m_finding.banner = std::move(m_banner);
    if (m_tls) {
        // Best effort: who gets no close_notify may take the stream for cut.
        static_cast<void>(m_tls->finish());
        m_finding.facts = m_tls->facts();
    }
    return std::move(m_finding);
}

Finding ProbeStreamTalk::failed(ProbeOutcome outcome, std::optional<Error> error)
{
    auto finding = concluded();
    finding.outcome = outcome;
    finding.error = std::move(error);
    finding.sync = false;
    return finding;
}

Finding ProbeStreamTalk::timed_out(Error error)
{
    return failed(ProbeOutcome::Timeout, std::move(error));
}

/// What is known when there is no more time.
Finding ProbeStreamTalk::out_of_time()
{
    if (m_shaking_hands) {
        m_finding.tls = Clock::now() - m_begun;
        return timed_out(handshake_timed_out(m_peer));
    }
    if (!m_unsent.empty()) {
        auto error = Error::from_errno(Phase::Send, "send", m_peer, ETIMEDOUT);
        error.detail = "connected, but the peer does not read";
        return timed_out(std::move(error));
    }
    if (m_dialogue.over())
        return concluded();
    if (m_heard)
        return failed(ProbeOutcome::Mismatch, m_dialogue.missed("it did not come in time"));
    auto error = Error::from_errno(Phase::Receive, "recv", m_peer, ETIMEDOUT);
    error.detail =
        "connected, but nothing came where " + quote(m_dialogue.awaited()) + " was expected";
    return timed_out(std::move(error));
}

} // namespace sockit
