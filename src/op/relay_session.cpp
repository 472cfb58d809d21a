#include "op/relay_session.h"

#include <algorithm>
#include <utility>

namespace sockit {

namespace {

constexpr auto progress_begins = std::chrono::seconds(1);
constexpr auto progress_again = std::chrono::milliseconds(500);

enum class End : std::uint8_t { Input, Socket, Output };

Deadline now_at_once() { return Deadline::after(Duration::zero()); }

} // namespace

RelaySession::RelaySession(Poller& poller, std::uint64_t first_token, Channel& channel,
                           Stream input, Destination& destination, const RelayPlan& plan,
                           const Emit& emit)
    : m_channel(channel), m_destination(destination), m_plan(plan), m_emit(emit),
      m_dialogue(plan.dialogue.wanted() ? std::optional<Dialogue>(plan.dialogue) : std::nullopt),
      m_relay(plan.rules, input.kind()), m_sender(m_relay, channel, std::move(input), plan),
      m_receiver(m_relay, channel, destination, plan, m_dialogue),
      m_idle(Deadline::after(plan.idle_timeout)), m_first_token(first_token),
      m_watch_input(poller, m_sender.input().ref(), first_token),
      m_watch_socket(poller, channel.socket().ref(), first_token + 1),
      m_watch_output(poller, destination.ref(), first_token + 2),
      m_next_progress(plan.progress ? Deadline::after(progress_begins) : Deadline())
{}

Deadline RelaySession::prepare()
{
    if (m_dialogue)
        converse();
    end_sending();
    if (m_relay.finished()) {
        deliver();
        return m_delivery ? sooner(m_delivery->next(), m_next_progress) : now_at_once();
    }
    watch();
    if (finished())
        return now_at_once();
    const auto wants = m_relay.wants();
    if (wants.receive && (draining() || m_channel.buffered()))
        return now_at_once();
    auto next = sooner(m_idle, m_next_progress);
    if (wants.send && held_up())
        next = sooner(next, m_sender.not_before());
    if (m_linger)
        next = sooner(next, *m_linger);
    if (m_parting)
        next = sooner(next, m_parting->next());
    return m_dialogue ? sooner(next, m_dialogue->deadline()) : next;
}

void RelaySession::handle(std::span<const Ready> ready)
{
    if (finished())
        return;
    if (m_delivery)
        return deliver();
    bool input_news = false;
    for (const auto& one : ready) {
        if (one.token < m_first_token || one.token >= m_first_token + token_count)
            continue;
        input_news = input_news || one.token == m_first_token;
        attend(one);
    }
    if (m_relay.wants().receive && (draining() || m_channel.buffered()))
        moved(m_receiver.receive());
    if (m_plan.pace.wanted() && m_relay.wants().send && !held_up())
        moved(m_sender.send());
    mind_clocks(input_news);
}

void RelaySession::attend(const Ready& ready)
{
    const bool ended = ready.hangup || ready.error;
    const auto end = static_cast<End>(ready.token - m_first_token);
    const auto wants = m_relay.wants();
    if (end == End::Input && wants.read_input) {
        m_linger.reset();
        moved(m_sender.read());
    }
    if (end == End::Output && wants.write)
        moved(m_receiver.write());
    if (end != End::Socket)
        return;
    if (wants.receive && m_channel.may_receive(ready))
        moved(m_receiver.receive());
    if (m_relay.wants().send && m_channel.may_send(ready))
        moved(m_sender.send());
    if (ended && !wants.receive && !wants.send)
        look_at_socket();
}

/// Says what is to be said; what is to be heard, the receiver tells the dialogue.
void RelaySession::converse()
{
    while (m_relay.wants().read_input) {
        if (m_to_say.empty()) {
            const auto next = m_dialogue->next_to_send();
            if (!next)
                break;
            m_to_say = *next;
        }
        m_to_say.remove_prefix(m_sender.say(m_to_say));
    }
    if (m_dialogue->answered())
        m_relay.conclude();
    else if (m_dialogue->over() && !m_plan.input_after_dialogue && m_relay.wants().read_input)
        m_relay.input_lingered();
    else if (m_dialogue->expecting() && m_relay.receiving() == HalfState::Eof && !m_error)
        m_error = m_dialogue->missed("the peer ended");
}

/// FIN where it is due. With TLS, a peer that is done may be gone, and close_notify will only bring
/// a reset: what was sent is waited for first, and how the rest fares is then no matter.
void RelaySession::end_sending()
{
    while (!m_relay.finished() && m_relay.wants().send_fin) {
        const bool parting = !m_channel.plain() && m_relay.receiving() == HalfState::Eof;
        if (parting && !m_peer_has_all) {
            if (!m_parting)
                m_parting.emplace(m_channel.socket(), m_channel.peer(), m_plan.idle_timeout, false);
            const auto arrived = m_parting->check();
            if (arrived && !*arrived)
                return;
            m_parting.reset();
            if (!arrived)
                return m_relay.connection_failed(arrived.error());
            m_peer_has_all = true;
        }
        if (!m_sender.finish(m_peer_has_all))
            return;
    }
}

void RelaySession::watch()
{
    using Wanted = std::optional<Interest>;
    const auto wants = m_relay.wants();
    const bool read_input = wants.read_input && input_has_its_turn();
    m_watch_input.want(read_input ? Wanted(Interest{.read = true}) : std::nullopt);
    m_watch_output.want(wants.write ? Wanted(Interest{.write = true}) : std::nullopt);
    const bool send = (wants.send && !held_up()) || (wants.send_fin && !m_parting);
    // With nothing wanted it still tells of a reset.
    const bool wanted = wants.receive || send || !m_socket_muted;
    m_watch_socket.want(wanted ? Wanted(m_channel.interest(wants.receive, send)) : std::nullopt);
    for (const auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        if (watched->error() && !m_error)
            m_error = *watched->error();
    // Runs from the moment the input is the only thing waited for; any data stops it.
    if (!wants.linger || !read_input)
        m_linger.reset();
    else if (!m_linger)
        m_linger = Deadline::after(wants.linger);
}

void RelaySession::mind_clocks(bool input_news)
{
    if (m_linger && !input_news && m_linger->passed())
        m_relay.input_lingered();
    for (const auto& dump_error : {m_sender.dump_error(), m_receiver.dump_error()})
        if (dump_error && !m_error)
            m_error = dump_error;
    if (m_dialogue && m_dialogue->deadline().passed() && !m_error)
        m_error = m_dialogue->missed("no answer came within --timeout");
    if (m_idle.passed() && !m_error)
        m_error = idle_too_long(m_channel.peer());
    if (m_next_progress.passed())
        tell_progress();
}

/// Everything is said and heard: waits until the peer's kernel has it.
void RelaySession::deliver()
{
    for (auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        watched->want(std::nullopt);
    if (m_relay.error()) {
        m_error = m_relay.error();
        return;
    }
    if (m_peer_has_all) {
        m_delivered = true;
        return;
    }
    if (!m_delivery)
        m_delivery.emplace(m_channel.socket(), m_channel.peer(), m_plan.idle_timeout);
    const auto arrived = m_delivery->check();
    if (!arrived)
        m_error = arrived.error();
    else
        m_delivered = *arrived;
    if (m_next_progress.passed())
        tell_progress();
}

void RelaySession::tell_progress()
{
    m_next_progress = Deadline::after(progress_again);
    m_emit(TransferProgress{.bytes_sent = m_sender.bytes(),
                            .bytes_received = m_receiver.bytes(),
                            .elapsed = Clock::now() - m_start});
}

void RelaySession::moved(bool something)
{
    if (something && m_plan.idle_timeout)
        m_idle = Deadline::after(m_plan.idle_timeout);
}

bool RelaySession::held_up() const
{
    const auto until = m_sender.not_before();
    return m_plan.pace.wanted() && until.is_set() && !until.passed();
}

bool RelaySession::draining() const
{
    return m_relay.sending() == HalfState::Failed && m_relay.wants().receive;
}

void RelaySession::look_at_socket()
{
    if (auto state = connection_error(m_channel.socket(), Phase::Receive, "recv", m_channel.peer());
        !state)
        m_relay.connection_failed(state.error());
    m_socket_muted = true;
}

RelayOutcome RelaySession::settle()
{
    for (auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        watched->want(std::nullopt);
    RelayOutcome outcome;
    outcome.error = m_relay.error() ? m_relay.error() : m_error;
    if (auto finished = m_destination.finish(); !finished && !outcome.error)
        outcome.error = finished.error();
    outcome.first_byte = m_receiver.first_byte();
    auto& traffic = outcome.traffic;
    traffic.bytes_sent = m_sender.bytes();
    traffic.bytes_received = m_receiver.bytes();
    const Socket& socket = m_channel.socket();
    // A unix peer that went away does not tell what it left unread.
    const bool unknown = socket.family() == AF_UNIX && outcome.error;
    if (const auto left = unacknowledged(socket, m_relay.fin_was_sent()); left && !unknown)
        traffic.bytes_unacked = std::min(*left, m_sender.bytes()); // with TLS it counts records
    if (m_peer_has_all)
        traffic.bytes_unacked = 0;
    traffic.closed_first = m_relay.closed_first();
    traffic.fin_sent = m_relay.fin_was_sent();
    traffic.stdin_eof = m_relay.input_eof();
    traffic.send_path = m_sender.path();
    traffic.receive_path = m_receiver.path();
    return outcome;
}

} // namespace sockit
