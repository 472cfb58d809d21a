#include "op/probe_talk_datagram.h"

#include "op/datagram_errors.h"
#include "op/probe_payloads.h"
#include "op/verdict.h"
#include "sock/io.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace sockit {

namespace {

constexpr Duration longest_pause = std::chrono::seconds(1);
constexpr unsigned most_repeats = 2;
constexpr int datagrams_at_once = 16;

} // namespace

ProbeDatagramTalk::ProbeDatagramTalk(const ProbeTalkScene& scene, Finding open,
                                     const Deadline& limit)
    : m_scene(scene), m_finding(std::move(open)), m_limit(limit),
      m_peer(m_finding.endpoint.value_or(Endpoint()).text()), m_dialogue(scene.plan.talk.dialogue)
{
    m_finding.sync = false;
    m_finding.connect.reset(); // nobody was asked for it
}

ProbeTalk::Progress ProbeDatagramTalk::begin()
{
    m_begun = Clock::now();
    const auto time = m_limit.remaining().value_or(longest_pause);
    m_pause = std::min(longest_pause, time / (most_repeats + 1));
    take_question();
    if (m_question.empty())
        m_question.push_back(probe_payload(m_scene.target.port));
    if (auto finding = ask())
        return *std::move(finding);
    return ready(); // a host as near as this one has answered already
}

ProbeTalk::Progress ProbeDatagramTalk::ready()
{
    if (auto finding = listen())
        return *std::move(finding);
    if (auto finding = ask())
        return *std::move(finding);
    if (answered())
        return open();
    return wait();
}

ProbeTalk::Progress ProbeDatagramTalk::expired()
{
    if (m_limit.passed()) {
        if (!awaits_neighbour() || std::exchange(m_waited_for_neighbour, true))
            return out_of_time();
        return Step{.wait = Wait::Readable, .until = Deadline::after(neighbour_grace)};
    }
    if (m_again.passed()) {
        --m_repeats;
        m_asked = 0;
        if (auto finding = ask())
            return *std::move(finding);
    }
    return wait();
}

Finding ProbeDatagramTalk::give_up() { return out_of_time(); }

/// What is to be said now.
void ProbeDatagramTalk::take_question()
{
    m_question.clear();
    m_asked = 0;
    while (const auto text = m_dialogue.next_to_send())
        m_question.push_back(*text);
    // A unix socket loses nothing.
    m_repeats = m_scene.target.transport == Transport::Udp ? most_repeats : 0;
}

/// Sends what is left of the question; a verdict if that brought one.
std::optional<Finding> ProbeDatagramTalk::ask()
{
    bool again = false;
    while (m_asked < m_question.size()) {
        const auto text = m_question[m_asked];
        const auto sent = send_some(m_scene.attempt.ref(), std::as_bytes(std::span(text)), m_peer);
        if (sent && sent->would_block())
            return std::nullopt;
        if (!sent) {
            // An earlier datagram's news may come in place of this one's; once only, then.
            if (auto finding = judge(sent.error(), true, text.size());
                finding || std::exchange(again, true))
                return finding;
            continue;
        }
        ++m_asked;
        m_again = m_repeats > 0 ? Deadline::after(m_pause) : Deadline();
    }
    return std::nullopt;
}

/// Takes what came; the verdict if that is one. An answer says more than an ICMP message.
std::optional<Finding> ProbeDatagramTalk::listen()
{
    std::array<std::byte, 64UL << 10U> buffer{}; // as large as a datagram
    std::optional<Finding> verdict;
    for (int i = 0; i < datagrams_at_once && !answered(); ++i) {
        const auto came = receive_some(m_scene.attempt.ref(), buffer, m_peer);
        if (!came) {
            if (auto finding = judge(came.error(), false, 0); finding && !verdict)
                verdict = std::move(finding);
            continue;
        }
        if (came->would_block())
            break;
        // No bytes are no end here: an empty datagram.
        hear({reinterpret_cast<const char*>(buffer.data()), came->bytes});
    }
    if (answered())
        return open();
    return verdict;
}

void ProbeDatagramTalk::hear(std::string_view bytes)
{
    if (!std::exchange(m_replied, true)) {
        m_finding.first_byte = Clock::now() - m_begun;
        if (m_scene.plan.talk.banner)
            m_finding.banner = bytes.substr(0, longest_banner);
    }
    if (m_dialogue.over())
        return;
    m_dialogue.received(bytes);
    if (!m_dialogue.expecting()) {
        take_question();
        m_again = {};
    }
}

bool ProbeDatagramTalk::answered() const
{
    return m_replied && m_dialogue.over() && m_asked == m_question.size();
}

ProbeTalk::Progress ProbeDatagramTalk::wait() const
{
    const bool blocked = m_asked < m_question.size();
    return Step{.wait = blocked ? Wait::Writable : Wait::Readable,
                .until = m_repeats > 0 ? sooner(m_limit, m_again) : m_limit};
}

/// The kernel holds the question while it asks for the neighbour to send it to, and is about to
/// give up.
bool ProbeDatagramTalk::awaits_neighbour() const
{
    int unsent = 0;
    const auto elapsed = Clock::now() - m_begun;
    return m_scene.target.transport == Transport::Udp &&
           elapsed > neighbour_patience - neighbour_grace &&
           elapsed < neighbour_patience + neighbour_grace &&
           ::ioctl(m_scene.attempt.ref().value, SIOCOUTQ, &unsent) == 0 && unsent > 0;
}

std::optional<Finding> ProbeDatagramTalk::judge(Error error, bool synchronous, std::size_t size)
{
    const auto& socket = m_scene.attempt.socket();
    const auto to = m_finding.endpoint.value_or(Endpoint());
    error = with_icmp(std::move(error), socket, to);
    if (error.code == EMSGSIZE && error.icmp) // of the path, which now is known
        return std::nullopt;
    error = with_size(std::move(error), socket, size);
    Evidence evidence{.to = to,
                      .error = std::move(error),
                      .from = m_finding.source,
                      .synchronous = synchronous,
                      .datagram = true};
    evidence.synchronous = evidence.synchronous && !evidence.error->icmp;
    if (evidence.error->detail.empty())
        evidence.error->detail = explanation(evidence);
    auto finding = failed(verdict(evidence), *evidence.error);
    finding.sync = evidence.synchronous;
    finding.pressure = is_pressure(evidence);
    return finding;
}

Finding ProbeDatagramTalk::open() { return std::move(m_finding); }

Finding ProbeDatagramTalk::failed(ProbeOutcome outcome, Error error)
{
    Finding finding = m_finding;
    finding.outcome = outcome;
    finding.error = std::move(error);
    return finding;
}

Finding ProbeDatagramTalk::out_of_time()
{
    if (m_replied && m_dialogue.expecting() && m_dialogue.has_unmatched())
        return failed(ProbeOutcome::Mismatch, m_dialogue.missed("no answer had it"));
    auto error = Error::from_errno(Phase::Receive, "recv", m_peer, ETIMEDOUT);
    const bool filtered = m_scene.target.transport == Transport::Udp && !m_replied;
    error.detail = filtered ? "open or filtered: nothing came back" : "nothing came back";
    return failed(ProbeOutcome::Silent, std::move(error));
}

} // namespace sockit
