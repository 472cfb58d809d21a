#include "op/datagram_relay.h"

#include "op/datagram_errors.h"
#include "op/delivery.h"
#include "op/watched.h"
#include "sock/errqueue.h"

#include <cerrno>
#include <chrono>
#include <utility>

namespace sockit {

namespace {

constexpr auto answer_linger = std::chrono::seconds(1);
/// The kernel tells of a full device queue, but not when there is room again.
constexpr auto queue_pause = std::chrono::milliseconds(2);

class DatagramRelay {
public:
    DatagramRelay(OpLoop& loop, const Socket& socket, const Endpoint& peer, Stream input,
                  DatagramOutput output, const DatagramPlan& plan, const Emit& emit)
        : m_loop(loop), m_socket(socket), m_peer(peer), m_peer_text(peer.text()), m_plan(plan),
          m_emit(emit), m_connection(socket.type() == SOCK_SEQPACKET), m_input(std::move(input)),
          m_output(std::move(output)), m_relay(plan.relay.rules, m_input.kind()),
          m_framer(plan.framing, socket.family() == AF_UNIX ? DatagramFramer::unix_read
                                                            : DatagramFramer::udp_read),
          m_idle(Deadline::after(plan.relay.idle_timeout)),
          m_watch_input(loop.poller(), m_input.ref(), input_token),
          m_watch_socket(loop.poller(), socket.ref(), socket_token),
          m_watch_output(loop.poller(), m_output.ref(), output_token)
    {}

    DatagramOutcome run();

private:
    static constexpr std::uint64_t input_token = 0;
    static constexpr std::uint64_t socket_token = 1;
    static constexpr std::uint64_t output_token = 2;

    Result<> step();
    void watch();
    void handle(const Ready& ready);
    void finish_sending();
    void read_input();
    void input_ended();
    void send();
    void sent(std::size_t count);
    void receive();
    void hand_on();
    void connection_failed(Error error);
    void look_at_socket();
    void watch_clocks();
    [[nodiscard]] Deadline linger_deadline();
    [[nodiscard]] Deadline next_deadline();
    [[nodiscard]] Error no_answer(std::string detail) const;
    void moved() { m_idle = Deadline::after(m_plan.relay.idle_timeout); }
    DatagramOutcome settle();

    OpLoop& m_loop;
    const Socket& m_socket;
    const Endpoint& m_peer;
    std::string m_peer_text;
    const DatagramPlan& m_plan;
    const Emit& m_emit;
    bool m_connection; ///< the peer's end can be seen
    Stream m_input;
    DatagramOutput m_output;
    Relay m_relay; ///< counts datagrams
    DatagramFramer m_framer;
    DatagramInbox m_inbox;
    std::span<const ReceivedDatagram> m_arrived; ///< not yet handed on
    bool m_input_over = false;
    bool m_input_eof = false; ///< by its own end
    bool m_socket_muted = false;
    int m_errors_left = 16; ///< after the first, while taking what has arrived
    Deadline m_idle;
    Deadline m_answer; ///< the first one must have come
    Deadline m_quiet;  ///< after the end of the input: no more answers are expected
    Deadline m_pause;  ///< do not send before
    std::optional<Deadline> m_linger;
    Watched m_watch_input;
    Watched m_watch_socket;
    Watched m_watch_output;
    Datagrams m_count;
    std::uint64_t m_bytes_sent = 0;
    std::uint64_t m_bytes_received = 0;
    DatagramOutcome m_outcome;
};

DatagramOutcome DatagramRelay::run()
{
    if (!m_connection)
        keep_icmp_errors(m_socket.ref(), m_socket.family());
    else if (auto prepared = prepare_for_datagrams(m_socket); !prepared)
        m_outcome.error = prepared.error();
    while (!m_relay.finished() && !m_outcome.error && !m_loop.stopped()) {
        if (m_relay.wants().send_fin)
            finish_sending();
        else if (auto stepped = step(); !stepped)
            m_outcome.error = stepped.error();
    }
    return settle();
}

Result<> DatagramRelay::step()
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

void DatagramRelay::watch()
{
    using Wanted = std::optional<Interest>;
    const auto wants = m_relay.wants();
    if (m_pause.passed())
        m_pause = {};
    const bool send = wants.send && !m_pause.is_set();
    m_watch_input.want(wants.read_input ? Wanted(Interest{.read = true}) : std::nullopt);
    m_watch_output.want(wants.write ? Wanted(Interest{.write = true}) : std::nullopt);
    // With nothing wanted it still tells of errors.
    const bool wanted = wants.receive || send || !m_socket_muted;
    m_watch_socket.want(wanted ? Wanted(Interest{.read = wants.receive, .write = send})
                               : std::nullopt);
}

void DatagramRelay::handle(const Ready& ready)
{
    const auto wants = m_relay.wants();
    const bool ended = ready.hangup || ready.error;
    switch (ready.token) {
    case input_token:
        if (wants.read_input)
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

void DatagramRelay::finish_sending()
{
    if (!m_connection) {
        look_at_socket(); // an answer to the last datagram, if it is there already
        if (m_relay.sending() != HalfState::Failed)
            m_relay.fin_sent();
        m_quiet = Deadline::after(m_plan.relay.rules.linger.value_or(answer_linger));
        return;
    }
    auto shut = m_socket.shutdown_send();
    if (shut || (shut.error().code == ENOTCONN && m_relay.receiving() == HalfState::Eof))
        return m_relay.fin_sent();
    shut.error().subject = m_peer_text;
    m_relay.connection_failed(shut.error());
}

void DatagramRelay::read_input()
{
    const auto space = m_framer.space();
    if (!space)
        return m_relay.input_failed(space.error());
    const auto read = m_input.read(*space);
    if (!read)
        return m_relay.input_failed(read.error());
    if (read->would_block())
        return;
    moved();
    m_linger.reset();
    if (read->end()) {
        m_input_eof = true;
        return input_ended();
    }
    m_framer.filled(read->bytes);
    if (const auto count = m_framer.waiting().size(); count > 0) {
        m_relay.input_read(count);
        send();
    }
}

void DatagramRelay::input_ended()
{
    m_framer.end();
    m_input_over = true;
    if (m_framer.waiting().empty())
        return m_relay.input_ended();
    m_relay.input_read(m_framer.waiting().size());
    send();
}

void DatagramRelay::send()
{
    const auto waiting = m_framer.waiting();
    const auto count = send_datagrams(m_socket, waiting, nullptr, m_peer_text);
    if (count)
        return sent(*count);
    if (count.error().code == ENOBUFS) {
        m_pause = Deadline::after(queue_pause);
        return;
    }
    auto error =
        with_size(with_icmp(count.error(), m_socket, m_peer), m_socket, waiting.front().size());
    if (error.code == EMSGSIZE)
        m_relay.input_failed(error);
    else
        connection_failed(std::move(error));
}

void DatagramRelay::sent(std::size_t count)
{
    if (count == 0)
        return;
    moved();
    for (const auto& datagram : m_framer.waiting().first(count))
        m_bytes_sent += datagram.size();
    m_count.sent += count;
    m_framer.sent(count);
    m_relay.sent(count);
    if (!m_connection && m_plan.relay.rules.receive && m_count.received == 0 && !m_answer.is_set())
        m_answer = Deadline::after(m_plan.answer_timeout);
    if (m_input_over && m_framer.waiting().empty())
        m_relay.input_ended();
}

void DatagramRelay::receive()
{
    const auto got = m_inbox.receive(m_socket, m_peer_text);
    if (!got)
        return connection_failed(with_icmp(got.error(), m_socket, m_peer));
    if (got->datagrams.empty())
        return got->ended ? m_relay.peer_ended() : m_relay.nothing_received();
    moved();
    if (!m_outcome.first_byte)
        m_outcome.first_byte = Clock::now();
    m_answer = {};
    if (m_quiet.is_set())
        m_quiet = Deadline::after(m_plan.relay.rules.linger.value_or(answer_linger));
    m_count.received += got->datagrams.size();
    for (const auto& datagram : got->datagrams)
        m_bytes_received += datagram.bytes.size();
    if (!m_plan.relay.rules.receive)
        return;
    m_arrived = got->datagrams;
    m_relay.received(m_arrived.size());
    hand_on();
}

/// As much as the output takes.
void DatagramRelay::hand_on()
{
    while (!m_arrived.empty()) {
        if (!m_output.writing())
            if (auto taken = m_output.take(m_arrived.front(), m_peer, m_plan.id, m_outcome.payload);
                !taken)
                return m_relay.output_failed(taken.error());
        const auto written = m_output.write();
        if (!written)
            return m_relay.output_failed(written.error());
        if (!*written)
            return;
        moved();
        m_arrived = m_arrived.subspan(1);
        m_relay.written(1);
    }
}

void DatagramRelay::connection_failed(Error error)
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

void DatagramRelay::look_at_socket()
{
    auto state = connection_error(m_socket, Phase::Receive, "recv", m_peer);
    if (!state)
        connection_failed(with_icmp(state.error(), m_socket, m_peer));
    else if (m_connection)
        m_socket_muted = true;
    else
        with_icmp({}, m_socket, m_peer); // an unread queue would keep it ready
}

void DatagramRelay::watch_clocks()
{
    if (m_linger && m_linger->passed()) {
        m_linger.reset();
        input_ended();
    }
    if (m_answer.passed())
        m_relay.receive_failed(no_answer("no answer within --timeout"));
    if (!m_quiet.passed() || m_relay.receiving() != HalfState::Idle)
        return;
    receive(); // it may have come while the output was full
    if (!m_quiet.passed() || m_relay.receiving() != HalfState::Idle)
        return;
    if (m_count.received > 0 || !m_plan.relay.rules.receive)
        m_relay.peer_ended();
    else
        m_relay.receive_failed(no_answer(m_count.sent > 0 ? "no answer"
                                                          : "nothing was sent, "
                                                            "nothing came"));
}

/// Of a connection whose peer has finished: runs while the input is the only thing waited for.
Deadline DatagramRelay::linger_deadline()
{
    const auto wanted = m_relay.wants().linger;
    if (!wanted)
        m_linger.reset();
    else if (!m_linger)
        m_linger = Deadline::after(wanted);
    return m_linger.value_or(Deadline());
}

Deadline DatagramRelay::next_deadline()
{
    auto next = sooner(sooner(linger_deadline(), m_idle), sooner(m_answer, m_pause));
    return m_relay.receiving() == HalfState::Idle ? sooner(next, m_quiet) : next;
}

Error DatagramRelay::no_answer(std::string detail) const
{
    Error error = Error::from_errno(Phase::Receive, "recv", m_peer_text, ETIMEDOUT);
    error.detail = std::move(detail);
    return error;
}

DatagramOutcome DatagramRelay::settle()
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
    traffic.stdin_eof = m_input_eof;
    if (!m_connection)
        return std::move(m_outcome);
    if (!m_outcome.error) // else the peer does not tell what it left unread
        traffic.bytes_unacked = 0;
    traffic.closed_first = m_relay.closed_first();
    traffic.fin_sent = m_relay.fin_was_sent();
    return std::move(m_outcome);
}

} // namespace

DatagramOutcome relay_datagrams(OpLoop& loop, const Socket& socket, const Endpoint& peer,
                                Stream input, DatagramOutput output, const DatagramPlan& plan,
                                const Emit& emit)
{
    return DatagramRelay(loop, socket, peer, std::move(input), std::move(output), plan, emit).run();
}

} // namespace sockit
