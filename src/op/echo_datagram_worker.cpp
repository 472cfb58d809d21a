#include "op/echo_datagram_worker.h"

#include "base/random.h"
#include "op/chargen.h"
#include "op/echo_sockperf.h"
#include "sock/errqueue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ranges>
#include <utility>

namespace sockit {

namespace {

constexpr std::size_t peers_in_all = 65536;
constexpr std::size_t most_waiting = 64UL << 20U; ///< bytes, of all threads
constexpr std::size_t waiting_share = 4;          ///< one peer may have that part of them
constexpr auto full_pause_of_socket = std::chrono::milliseconds(2);
constexpr std::uint64_t longest_chargen = 512; ///< RFC 864

/// Where each datagram is answered by another one: echo, discard (some say what they think of it),
/// daytime, qotd, chargen.
constexpr std::array<std::uint32_t, 5> answering_ports{7, 9, 13, 17, 19};

} // namespace

EchoDatagramWorker::EchoDatagramWorker(const EchoServerPlan& plan, EchoDatagramStory& story,
                                       const Socket& socket, const Endpoint& bound, Poller& poller)
    : m_plan(plan), m_story(story), m_socket(socket), m_bound(bound), m_bound_text(bound.text()),
      m_unix(socket.family() == AF_UNIX),
      m_faulty(plan.faults.any_after_accept() || plan.faults.accept_delay > Duration::zero()),
      m_most_peers(std::max(peers_in_all / plan.threads, DatagramInbox::most)),
      m_watch(poller, socket.ref(), token),
      m_reading({.rate = plan.faults.slow_read, .line_delay = {}}),
      m_backlog(most_waiting / plan.threads / waiting_share, most_waiting / plan.threads),
      m_faults(plan.faults, story, m_backlog),
      m_echo([this](const auto& peer, const auto& datagram, auto bytes, auto due) {
          echo(peer, datagram, bytes, due);
      })
{
    const bool planned =
        std::ranges::any_of(plan.listener.socket.sockopts, [](const SockoptSetting& setting) {
            return setting.row.level.number == SOL_SOCKET && setting.row.number == SO_SNDBUF;
        });
    if (m_unix && !planned)
        widen_send_buffer(socket);
    if (plan.mode == EchoMode::Chargen)
        m_lines.resize(DatagramInbox::most * longest_chargen);
}

Result<> EchoDatagramWorker::watch()
{
    const bool answers = m_answered < m_answers.size();
    if (m_plan.faults.no_accept)
        m_watch.want(std::nullopt);
    else
        m_watch.want(Interest{.read = !answers && !m_crowded && !m_rest.is_set(),
                              .write = answers && !m_pause.is_set()});
    if (m_watch.error())
        return Failure(*m_watch.error());
    return {};
}

Deadline EchoDatagramWorker::next_wake() const
{
    return sooner(sooner(m_pause, m_rest), sooner(m_backlog.next(), m_faults.next()));
}

Result<> EchoDatagramWorker::handle()
{
    if (m_answered == m_answers.size())
        return m_crowded || m_rest.is_set() ? Result<>() : receive();
    if (!m_pause.is_set())
        flush();
    return {};
}

void EchoDatagramWorker::expire()
{
    if (m_pause.passed()) {
        m_pause = {};
        flush();
    }
    if (m_rest.passed())
        m_rest = {};
    m_crowded = m_crowded && crowded();
    if (m_backlog.empty() && !m_faults.next().is_set())
        return;
    const auto now = Clock::now();
    m_faults.expire(now);
    m_backlog.send_due(now, [this](auto /*peer*/, const auto& echo) { return send_late(echo); });
    forget_failed();
}

Result<> EchoDatagramWorker::receive()
{
    const bool slow = m_plan.faults.slow_read.has_value();
    const auto got = TRY(m_inbox.receive(m_socket, m_bound_text, slow ? 1 : DatagramInbox::most));
    if (got.datagrams.empty())
        return {};
    make_room();
    m_answers.clear();
    m_answered = 0;
    m_now = Clock::now();
    for (const auto& datagram : got.datagrams)
        take(datagram);
    if (slow) {
        m_reading.sent(got.datagrams.front().bytes, m_now);
        m_rest = m_reading.next();
    }
    flush();
    return {};
}

/// While datagrams are at hand, nobody may be forgotten.
void EchoDatagramWorker::make_room()
{
    while (m_peers.size() + DatagramInbox::most > m_most_peers && !m_peers.empty())
        leave(m_peers.oldest().address, std::nullopt);
}

void EchoDatagramWorker::take(const ReceivedDatagram& datagram)
{
    auto& peer = peer_of(datagram);
    ++m_count.messages;
    m_count.bytes_received += datagram.size;
    if (answerable(datagram))
        if (const auto answer = answer_to(datagram)) {
            if (m_faulty)
                m_faults.take(peer, datagram, *answer, m_now, m_echo);
            else
                echo(peer, datagram, *answer, m_now);
        }
    peer.bytes_received += datagram.size;
    ++peer.datagrams.received;
}

DatagramPeer& EchoDatagramWorker::peer_of(const ReceivedDatagram& datagram)
{
    const bool named = datagram.from.family() != AF_UNSPEC;
    const Endpoint address = named ? datagram.from : Endpoint::unix_unnamed();
    DatagramPeer* peer = m_peers.find(address);
    if (peer != nullptr) {
        m_peers.touch(*peer, m_now);
        return *peer;
    }
    peer = &m_peers.add({.id = m_story.next_peer(),
                         .address = address,
                         .asked = datagram.asked,
                         .since = m_now,
                         .last_spoke = m_now,
                         .kept = {}});
    if (m_story.tells_peers())
        m_story.tell(PeerAccepted{.id = peer->id,
                                  .peer = address.unmapped(),
                                  .local = local_of(peer->asked),
                                  .time = std::chrono::system_clock::now(),
                                  .proxy = {}});
    return *peer;
}

/// Whether anything may be said to that.
bool EchoDatagramWorker::answerable(const ReceivedDatagram& datagram)
{
    if (m_plan.mode == EchoMode::Discard)
        return false;
    if (datagram.size > datagram.bytes.size()) { // a part of it would be no echo
        ++m_count.dropped;
        return false;
    }
    const bool named = datagram.from.is_inet() || !datagram.from.unix_name().empty();
    if (named && !is_loop(datagram))
        return true;
    ++m_count.unanswered;
    if (named)
        m_story.warn_of_loop(datagram.from.unmapped());
    return false;
}

/// Whether the answer would be answered, and that again: an echo that never dies.
bool EchoDatagramWorker::is_loop(const ReceivedDatagram& datagram)
{
    if (m_unix)
        return datagram.from == m_bound;
    const auto port = datagram.from.port();
    if (std::ranges::find(answering_ports, port) != answering_ports.end())
        return true;
    return port == m_bound.port() &&
           (m_bound.is_wildcard() ? is_own_address(datagram.from.unmapped())
                                  : datagram.from.unmapped() == m_bound.unmapped());
}

/// What to say to it, in memory that lasts as long as the datagram; nothing where it wants nothing.
std::optional<std::span<std::byte>> EchoDatagramWorker::answer_to(const ReceivedDatagram& datagram)
{
    using Answer = std::optional<std::span<std::byte>>;
    if (m_plan.sockperf)
        return answer_sockperf(datagram.bytes) ? Answer(datagram.bytes) : std::nullopt;
    if (m_plan.mode != EchoMode::Chargen)
        return datagram.bytes;
    const auto place = m_generated % DatagramInbox::most * longest_chargen;
    const auto length = below(longest_chargen + 1, mix(m_plan.faults.seed + m_generated));
    const auto answer = std::span(m_lines).subspan(place, length);
    std::ranges::copy(chargen_bytes(m_generated++ * chargen_line).first(length), answer.begin());
    return answer;
}

/// At once if it may and nothing of that peer's waits.
void EchoDatagramWorker::echo(const DatagramPeer& peer, const ReceivedDatagram& datagram,
                              std::span<const std::byte> bytes, Clock::time_point due)
{
    if (m_faulty)
        due = std::max(due, peer.since + m_plan.faults.accept_delay);
    if (due <= m_now && !m_backlog.holds(peer.id))
        m_answers.push_back({.bytes = bytes, .to = &datagram.from, .from = &datagram.asked});
    else
        m_backlog.add(peer.id, {.due = due,
                                .to = datagram.from,
                                .from = datagram.asked,
                                .bytes = {bytes.begin(), bytes.end()}});
}

void EchoDatagramWorker::flush()
{
    while (m_answered < m_answers.size()) {
        const auto rest = std::span(m_answers).subspan(m_answered);
        const auto sent = send_datagrams(m_socket, rest, {});
        if (sent && *sent > 0) {
            for (const auto& answer : rest.first(*sent))
                note_sent(answer.bytes.size(), *answer.to);
            m_answered += *sent;
        } else if (!sent && sent.error().code != ENOBUFS) {
            note_failure(sent.error(), *rest.front().to);
            ++m_answered;
        } else if (m_unix && !crowded()) { // the peer's queue is full: others have room
            put_back();
        } else { // our own buffer, or the device's queue; not always does somebody tell of room
            if (!sent || m_unix)
                m_pause = Deadline::after(full_pause_of_socket);
            return;
        }
    }
    forget_failed();
}

/// Whom the next answer goes to takes no more: all that go there wait.
void EchoDatagramWorker::put_back()
{
    const Endpoint& to = *m_answers[m_answered].to;
    const DatagramPeer* peer = m_peers.find(to);
    const auto begin = m_answers.begin() + static_cast<std::ptrdiff_t>(m_answered);
    const auto is_theirs = [&](const RoutedDatagram& answer) { return *answer.to == to; };
    for (const auto& answer : std::span(begin, m_answers.end()) | std::views::filter(is_theirs))
        if (peer != nullptr) // it may have failed before
            m_backlog.add(peer->id, {.due = m_now,
                                     .to = *answer.to,
                                     .from = *answer.from,
                                     .bytes = {answer.bytes.begin(), answer.bytes.end()}});
    m_answers.erase(std::remove_if(begin, m_answers.end(), is_theirs), m_answers.end());
}

EchoDatagramBacklog::Sent EchoDatagramWorker::send_late(const EchoDatagramBacklog::Echo& echo)
{
    const RoutedDatagram datagram{.bytes = echo.bytes, .to = &echo.to, .from = &echo.from};
    const auto sent = send_datagrams(m_socket, std::span(&datagram, 1), {});
    if (sent ? *sent == 0 : sent.error().code == ENOBUFS) {
        m_crowded = m_crowded || crowded();
        return EchoDatagramBacklog::Sent::Full;
    }
    if (sent)
        note_sent(echo.bytes.size(), echo.to);
    else
        note_failure(sent.error(), echo.to);
    return EchoDatagramBacklog::Sent::Gone;
}

void EchoDatagramWorker::note_sent(std::size_t size, const Endpoint& to)
{
    m_count.bytes_sent += size;
    if (!m_story.tells_peers())
        return;
    if (DatagramPeer* peer = m_peers.find(to))
        peer->bytes_sent += size;
}

void EchoDatagramWorker::note_failure(const Error& error, const Endpoint& to)
{
    if (error.code == EMSGSIZE) {
        ++m_count.dropped;
        m_story.warn_of_size(error);
        return;
    }
    m_failed.emplace_back(to, error);
}

/// Peers that cannot be sent to: they may speak again, as new ones.
void EchoDatagramWorker::forget_failed()
{
    for (auto& [address, error] : std::exchange(m_failed, {}))
        if (m_peers.find(address) != nullptr)
            leave(address, std::move(error));
}

void EchoDatagramWorker::leave(const Endpoint& address, std::optional<Error> error)
{
    const auto peer = m_peers.take(address);
    m_backlog.forget(peer.id);
    m_faults.forget(peer.id);
    ++m_count.closed;
    m_count.errors += error ? 1 : 0;
    if (!m_story.tells_peers())
        return;
    if (error)
        error->subject = peer.address.unmapped().text();
    m_story.tell(PeerClosed{.id = peer.id,
                            .bytes_received = peer.bytes_received,
                            .bytes_sent = peer.bytes_sent,
                            .duration = Clock::now() - peer.since,
                            .closed_first_by_peer = error.has_value(),
                            .error = std::move(error)});
}

Endpoint EchoDatagramWorker::local_of(const Endpoint& asked) const
{
    if (asked.family() == AF_UNSPEC)
        return m_bound.unmapped();
    Endpoint local = asked;
    local.set_port(static_cast<std::uint16_t>(m_bound.port()));
    return local;
}

void EchoDatagramWorker::add_to(EchoServerSummary& summary) const
{
    summary.closed += m_count.closed;
    summary.errors += m_count.errors;
    summary.messages += m_count.messages;
    summary.bytes_received += m_count.bytes_received;
    summary.bytes_sent += m_count.bytes_sent;
    summary.dropped += m_count.dropped + m_backlog.dropped() + dropped_datagrams(m_socket);
    summary.unanswered += m_count.unanswered;
    add(summary.faults, m_faults.counts());
}

} // namespace sockit
