#include "op/relay_driver.h"

#include "op/buffer.h"
#include "op/delivery.h"
#include "op/watched.h"

#include <cerrno>

namespace sockit {

namespace {

class Driver {
public:
    Driver(OpLoop& loop, const Socket& socket, const Endpoint& peer, Stream input,
           Destination& destination, const RelayPlan& plan)
        : m_loop(loop), m_socket(socket), m_peer(peer), m_peer_text(peer.text()),
          m_input(std::move(input)), m_destination(destination), m_plan(plan),
          m_relay(plan.rules, m_input.kind()), m_idle(Deadline::after(plan.idle_timeout)),
          m_watch_input(loop.poller(), m_input.ref(), input_token),
          m_watch_socket(loop.poller(), socket.ref(), socket_token),
          m_watch_output(loop.poller(), destination.ref(), output_token)
    {}

    RelayOutcome run()
    {
        while (!m_relay.finished() && !m_outcome.error) {
            if (m_relay.wants().send_fin) {
                send_fin();
                continue;
            }
            if (auto stepped = step(); !stepped)
                m_outcome.error = stepped.error();
            if (m_loop.stopped())
                break;
        }
        return settle();
    }

private:
    static constexpr std::uint64_t input_token = 0;
    static constexpr std::uint64_t socket_token = 1;
    static constexpr std::uint64_t output_token = 2;

    Result<> step();
    void handle(const Ready& ready);
    void watch();
    [[nodiscard]] Deadline linger_deadline();
    void read_input();
    void send();
    void send_fin();
    void receive();
    void write();
    void look_at_socket();
    void moved() { m_idle = Deadline::after(m_plan.idle_timeout); }
    RelayOutcome settle();

    OpLoop& m_loop;
    const Socket& m_socket;
    const Endpoint& m_peer;
    std::string m_peer_text;
    Stream m_input;
    Destination& m_destination;
    const RelayPlan& m_plan;
    Relay m_relay;
    Buffer m_up;
    Buffer m_down;
    Deadline m_idle;
    std::optional<Deadline> m_linger;
    bool m_socket_muted = false; ///< it hangs up for good without an error: hear it no more
    Watched m_watch_input;
    Watched m_watch_socket;
    Watched m_watch_output;
    std::uint64_t m_sent = 0;
    std::uint64_t m_received = 0;
    RelayOutcome m_outcome;
};

Result<> Driver::step()
{
    watch();
    for (const auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        if (watched->error())
            return Failure(*watched->error());
    if (m_relay.sending() == HalfState::Failed && m_relay.wants().receive) {
        // The connection is lost: take what is there without waiting for more.
        TRY(m_loop.wait(Deadline::after(Duration::zero())));
        if (!m_loop.stopped())
            receive();
        return {};
    }
    const auto linger = linger_deadline();
    const auto ready = TRY(m_loop.wait(sooner(linger, m_idle)));
    if (m_loop.stopped())
        return {};
    bool input_news = false;
    for (const auto& one : ready) {
        input_news = input_news || one.token == input_token;
        handle(one);
    }
    if (m_linger && !input_news && linger.passed())
        m_relay.input_lingered();
    if (m_idle.passed())
        return Failure(idle_too_long(m_peer));
    return {};
}

void Driver::handle(const Ready& ready)
{
    const bool ended = ready.hangup || ready.error;
    switch (ready.token) {
    case input_token:
        if (m_relay.wants().read_input)
            read_input();
        return;
    case output_token:
        if (m_relay.wants().write)
            write();
        return;
    case socket_token: break;
    default: return;
    }
    const auto wants = m_relay.wants();
    if (wants.receive && (ready.readable || ended))
        receive();
    if (wants.send && (ready.writable || ended))
        send();
    if (ended && !wants.receive && !wants.send)
        look_at_socket();
}

void Driver::watch()
{
    using Wanted = std::optional<Interest>;
    const auto wants = m_relay.wants();
    m_watch_input.want(wants.read_input ? Wanted(Interest{.read = true}) : std::nullopt);
    m_watch_output.want(wants.write ? Wanted(Interest{.write = true}) : std::nullopt);
    // With nothing wanted it still tells of a reset.
    const bool wanted = wants.receive || wants.send || !m_socket_muted;
    m_watch_socket.want(wanted ? Wanted(Interest{.read = wants.receive, .write = wants.send})
                               : std::nullopt);
}

/// Runs from the moment the input is the only thing waited for; any data stops it.
Deadline Driver::linger_deadline()
{
    const auto wanted = m_relay.wants().linger;
    if (!wanted)
        m_linger.reset();
    else if (!m_linger)
        m_linger = Deadline::after(wanted);
    return m_linger.value_or(Deadline());
}

void Driver::read_input()
{
    const auto read = m_input.read(m_up.space());
    if (!read) {
        m_socket.reset_on_close(); // a FIN would tell the peer that this was all
        return m_relay.input_failed(read.error());
    }
    if (read->would_block())
        return;
    moved();
    m_linger.reset();
    if (read->end())
        return m_relay.input_ended();
    m_up.filled(read->bytes);
    m_relay.input_read(read->bytes);
    send();
}

void Driver::send()
{
    const auto sent = send_some(m_socket.ref(), m_up.rest(), m_peer_text);
    if (!sent)
        return m_relay.connection_failed(sent.error());
    if (sent->would_block())
        return;
    moved();
    m_sent += sent->bytes;
    m_up.drop(sent->bytes);
    m_relay.sent(sent->bytes);
}

void Driver::send_fin()
{
    const auto shut = m_socket.shutdown_send();
    if (shut)
        return m_relay.fin_sent();
    // ENOTCONN: nobody is left to tell, which is no loss if the peer has everything and is done.
    const auto left = unacknowledged(m_socket, false);
    if (shut.error().code == ENOTCONN && m_relay.receiving() == HalfState::Eof && left &&
        *left == 0)
        return m_relay.fin_sent();
    Error error = shut.error();
    error.subject = m_peer_text;
    m_relay.connection_failed(error);
}

void Driver::receive()
{
    const auto got = receive_some(m_socket.ref(), m_down.space(), m_peer_text);
    if (!got)
        return m_relay.receive_failed(got.error());
    if (got->would_block())
        return m_relay.nothing_received();
    moved();
    if (got->end())
        return m_relay.peer_ended();
    if (!m_outcome.first_byte)
        m_outcome.first_byte = Clock::now();
    m_received += got->bytes;
    if (!m_plan.rules.receive)
        return;
    m_down.filled(got->bytes);
    m_relay.received(got->bytes);
    write();
}

void Driver::write()
{
    const auto written = m_destination.write(m_down.rest());
    if (!written)
        return m_relay.output_failed(written.error());
    if (written->would_block())
        return;
    moved();
    m_down.drop(written->bytes);
    m_relay.written(written->bytes);
}

void Driver::look_at_socket()
{
    if (auto state = connection_error(m_socket, Phase::Receive, "recv", m_peer); !state)
        m_relay.connection_failed(state.error());
    m_socket_muted = true;
}

RelayOutcome Driver::settle()
{
    for (auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        watched->want(std::nullopt);
    if (!m_outcome.error)
        m_outcome.error = m_relay.error();
    if (!m_outcome.error && !m_loop.stopped())
        if (auto delivered = await_delivery(m_loop, m_socket, m_peer, m_plan.idle_timeout);
            !delivered)
            m_outcome.error = delivered.error();
    if (auto finished = m_destination.finish(); !finished && !m_outcome.error)
        m_outcome.error = finished.error();
    auto& traffic = m_outcome.traffic;
    traffic.bytes_sent = m_sent;
    traffic.bytes_received = m_received;
    // A unix peer that went away does not tell what it left unread.
    const bool unknown = m_socket.family() == AF_UNIX && m_outcome.error;
    if (const auto left = unacknowledged(m_socket, m_relay.fin_was_sent()); left && !unknown)
        traffic.bytes_unacked = *left;
    traffic.closed_first = m_relay.closed_first();
    traffic.fin_sent = m_relay.fin_was_sent();
    traffic.stdin_eof = m_relay.input_eof();
    return std::move(m_outcome);
}

} // namespace

RelayOutcome run_relay(OpLoop& loop, const Socket& socket, const Endpoint& peer, Stream input,
                       Destination& destination, const RelayPlan& plan)
{
    return Driver(loop, socket, peer, std::move(input), destination, plan).run();
}

} // namespace sockit
