#include "op/datagram_session.h"

#include "op/datagram_errors.h"
#include "op/delivery.h"
#include "sock/errqueue.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <unistd.h>

namespace sockit {

DatagramSession::DatagramSession(OpLoop& loop, const Socket& socket, const Endpoint& peer,
                                 Stream input, DatagramOutput output, const DatagramPlan& plan,
                                 const Emit& emit)
    : m_loop(loop), m_socket(socket), m_peer(peer), m_peer_text(peer.text()), m_plan(plan),
      m_emit(emit), m_connection(socket.type() == SOCK_SEQPACKET),
      m_input(std::move(input), plan.framing, socket), m_output(std::move(output)),
      m_dialogue(plan.relay.dialogue.wanted() ? std::optional<Dialogue>(plan.relay.dialogue)
                                              : std::nullopt),
      m_relay(plan.relay.rules, m_input.kind()),
      m_clock(plan.answer_timeout, plan.relay.rules.linger),
      m_idle(Deadline::after(plan.relay.idle_timeout)),
      m_watch_input(loop.poller(), m_input.ref(), input_token),
      m_watch_socket(loop.poller(), socket.ref(), socket_token),
      m_watch_output(loop.poller(), m_output.ref(), output_token)
{}

DatagramOutcome DatagramSession::run()
{
    if (m_plan.relay.hex) {
        m_hex_sent.emplace(FdRef{STDERR_FILENO}, '>');
        m_hex_received.emplace(FdRef{STDERR_FILENO}, '<');
    }
    if (!m_connection)
        keep_icmp_errors(m_socket.ref(), m_socket.family());
    else if (auto prepared = prepare_for_datagrams(m_socket); !prepared)
        m_outcome.error = prepared.error();
    while (!m_relay.finished() && !m_outcome.error && !m_loop.stopped()) {
        if (m_dialogue)
            converse();
        if (m_relay.finished() || m_outcome.error)
            break;
        if (m_relay.wants().send_fin)
            finish_sending();
        else if (auto stepped = step(); !stepped)
            m_outcome.error = stepped.error();
    }
    return settle();
}

Result<> DatagramSession::step()
{
    watch();
    for (const auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        if (watched->error())
            return Failure(*watched->error());
    const bool lost = m_relay.sending() == HalfState::Failed && m_relay.wants().receive;
    const auto ready = TRY(m_loop.wait(lost ? Deadline::after(Duration::zero()) : next_deadline()));
    if (m_loop.stopped())
        return {};
    if (lost) { // take what is there without waiting for more
        receive();
        return {};
    }
    for (const auto& one : ready)
        handle(one);
    watch_clocks();
    if (m_idle.passed())
        return Failure(idle_too_long(m_peer));
    return {};
}

void DatagramSession::watch()
{
    using Wanted = std::optional<Interest>;
    const auto wants = m_relay.wants();
    if (m_pause.passed())
        m_pause = {};
    const bool send = wants.send && !m_pause.is_set();
    const bool read = wants.read_input && (!m_dialogue || m_dialogue->over());
    m_watch_input.want(read ? Wanted(Interest{.read = true}) : std::nullopt);
    m_watch_output.want(wants.write ? Wanted(Interest{.write = true}) : std::nullopt);
    // With nothing wanted it still tells of errors.
    const bool wanted = wants.receive || send || !m_socket_muted;
    m_watch_socket.want(wanted ? Wanted(Interest{.read = wants.receive, .write = send})
                               : std::nullopt);
}

void DatagramSession::handle(const Ready& ready)
{
    const auto wants = m_relay.wants();
    const bool ended = ready.hangup || ready.error;
    switch (ready.token) {
    case input_token:
        if (wants.read_input && (!m_dialogue || m_dialogue->over()))
            read_input();
        return;
    case output_token:
        if (wants.write)
            hand_on();
        return;
    case socket_token: break;
    default: return;
    }
    if (wants.receive && (ready.readable || ended))
        receive();
    if (m_relay.wants().send && ready.writable)
        send();
    if (ready.error || (ended && !wants.receive))
        look_at_socket();
}

void DatagramSession::finish_sending()
{
    if (!m_connection) {
        look_at_socket(); // an answer to the last datagram, if it is there already
        if (m_relay.sending() != HalfState::Failed)
            m_relay.fin_sent();
        m_clock.all_sent();
        return;
    }
    auto shut = m_socket.shutdown_send();
    if (shut || (shut.error().code == ENOTCONN && m_relay.receiving() == HalfState::Eof))
        return m_relay.fin_sent();
    shut.error().subject = m_peer_text;
    m_relay.connection_failed(shut.error());
}

void DatagramSession::connection_failed(Error error)
{
    // A router that knows a smaller way: the kernel cuts the next ones to fit.
    if (error.code == EMSGSIZE && !m_connection) {
        m_emit(Warning{.message = "a datagram was too large for the way to the peer and is lost",
                       .error = std::move(error)});
        return;
    }
    // Whoever has answered to everything may go.
    const bool answered = m_relay.fin_was_sent() && m_count.received > 0;
    if (!m_connection && m_socket.family() == AF_UNIX && error.code == ECONNRESET && answered)
        return m_relay.peer_ended();
    if (m_relay.sending() != HalfState::Failed)
        m_relay.connection_failed(error);
    else if (m_connection || --m_errors_left == 0) // each datagram may have its own
        m_relay.receive_failed(error);
}

void DatagramSession::look_at_socket()
{
    auto state = connection_error(m_socket, Phase::Receive, "recv", m_peer);
    if (!state)
        connection_failed(with_icmp(state.error(), m_socket, m_peer));
    else if (m_connection)
        m_socket_muted = true;
    else
        with_icmp({}, m_socket, m_peer); // an unread queue would keep it ready
}

void DatagramSession::watch_clocks()
{
    if (m_linger && m_linger->passed()) {
        m_linger.reset();
        m_input.end();
        offer();
    }
    const bool expecting = m_dialogue && m_dialogue->expecting();
    if (expecting && m_dialogue->deadline().passed())
        m_outcome.error = m_dialogue->missed("no answer came within --timeout");
    if (m_connection || expecting)
        return;
    if (m_clock.late() && m_plan.relay.rules.receive)
        m_relay.receive_failed(no_answer("no answer within --timeout"));
    if (!m_clock.quiet() || m_relay.receiving() != HalfState::Idle)
        return;
    receive(); // it may have come while the output was full
    if (!m_clock.quiet() || m_relay.receiving() != HalfState::Idle)
        return;
    if (m_count.received > 0 || !m_plan.relay.rules.receive)
        m_relay.peer_ended();
    else
        m_relay.receive_failed(no_answer(m_count.sent > 0 ? "no answer"
                                                          : "nothing was sent, "
                                                            "nothing came"));
}

/// Of a connection whose peer has finished: runs while the input is the only thing waited for.
Deadline DatagramSession::linger_deadline()
{
    const auto wanted = m_relay.wants().linger;
    if (!wanted)
        m_linger.reset();
    else if (!m_linger)
        m_linger = Deadline::after(wanted);
    return m_linger.value_or(Deadline());
}

Deadline DatagramSession::next_deadline()
{
    auto next = sooner(sooner(linger_deadline(), m_idle), m_pause);
    if (m_dialogue && m_dialogue->expecting())
        return sooner(next, m_dialogue->deadline());
    if (m_connection)
        return next;
    if (m_plan.relay.rules.receive)
        next = sooner(next, m_clock.next_late());
    return m_relay.receiving() == HalfState::Idle ? sooner(next, m_clock.next_quiet()) : next;
}

Error DatagramSession::no_answer(std::string detail) const
{
    Error error = Error::from_errno(Phase::Receive, "recv", m_peer_text, ETIMEDOUT);
    error.detail = std::move(detail);
    return error;
}

DatagramOutcome DatagramSession::settle()
{
    for (auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        watched->want(std::nullopt);
    if (!m_outcome.error)
        m_outcome.error = m_relay.error();
    warn_of_drops(m_socket, m_emit);
    m_output.finish(m_outcome.payload);
    auto& traffic = m_outcome.traffic;
    traffic.bytes_sent = m_bytes_sent;
    traffic.bytes_received = m_bytes_received;
    traffic.datagrams = m_count;
    traffic.send_path = traffic.receive_path = DataPath::Copy;
    traffic.stdin_eof = m_input.at_eof();
    if (!m_connection)
        return std::move(m_outcome);
    if (!m_outcome.error) // else the peer does not tell what it left unread
        traffic.bytes_unacked = 0;
    traffic.closed_first = m_relay.closed_first();
    traffic.fin_sent = m_relay.fin_was_sent();
    return std::move(m_outcome);
}

} // namespace sockit
