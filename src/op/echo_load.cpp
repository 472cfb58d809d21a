#include "op/dial.h"
#include "op/echo_client.h"
#include "op/echo_connection.h"
#include "op/echo_report.h"
#include "sock/errqueue.h"
#include "sock/limits.h"

#include <algorithm>

namespace sockit {

namespace {

using State = EchoConnection::State;

/// Late enough not to matter, soon enough that a message is given up near its timeout.
Duration sweep_period(Duration timeout)
{
    return std::clamp<Duration>(timeout / 10, std::chrono::milliseconds(1),
                                std::chrono::milliseconds(100));
}

class EchoLoadRun {
public:
    EchoLoadRun(const EchoClientPlan& plan, OpLoop& loop)
        : m_plan(plan), m_load(*plan.load), m_loop(loop), m_payload(m_load.seed),
          m_buffer(buffer_size), m_report(plan)
    {}

    Result<EchoClientEnd> run(Dialled dialled, const Emit& emit);

private:
    static constexpr std::size_t buffer_size = 64UL * 1024;

    Result<> begin(std::vector<Dialled::Connection> connections);
    Result<> loop();
    void serve(const Ready& ready);
    void receive(EchoConnection& connection, std::span<const std::byte> bytes);
    void next(EchoConnection& connection, Clock::time_point now);
    bool claim(Clock::time_point now);
    void send(EchoConnection& connection, bool watched);
    void fail(EchoConnection& connection, const Error& error);
    void close(EchoConnection& connection);
    void sweep(Clock::time_point now);
    [[nodiscard]] std::uint64_t token_of(const EchoConnection& connection) const
    {
        return connection.message().connection - 1;
    }

    const EchoClientPlan& m_plan;
    const EchoLoad& m_load;
    OpLoop& m_loop;
    EchoPayload m_payload;
    std::vector<std::byte> m_buffer; ///< of what is sent and of what comes, in turn
    std::vector<EchoConnection> m_connections;
    std::size_t m_open = 0;
    std::uint64_t m_claimed = 0; ///< messages begun, warm-up apart
    Clock::time_point m_measure_from;
    std::optional<Clock::time_point> m_stop_at;
    EchoReport m_report;
};

Result<EchoClientEnd> EchoLoadRun::run(Dialled dialled, const Emit& emit)
{
    for (const auto& failure : dialled.failures)
        m_report.add_failure(failure);
    if (!m_loop.stopped()) {
        TRY(begin(std::move(dialled.connections)));
        TRY(loop());
        for (const auto& connection : m_connections)
            if (connection.state() == State::Busy)
                m_report.sample(connection.ref());
    }
    return m_report.finish(m_loop, emit);
}

Result<> EchoLoadRun::begin(std::vector<Dialled::Connection> connections)
{
    m_connections.reserve(connections.size());
    for (auto& one : connections) {
        const auto number = static_cast<std::uint32_t>(m_connections.size() + 1);
        const auto& added =
            m_connections.emplace_back(std::move(one.socket), number, m_payload, m_load.verify);
        TRY(m_loop.poller().add(added.ref(), token_of(added), {.read = true}));
    }
    m_open = m_connections.size();
    const auto now = Clock::now();
    m_measure_from = now + m_load.warmup;
    if (m_load.duration)
        m_stop_at = m_measure_from + *m_load.duration;
    m_report.start_measuring(m_measure_from);
    for (auto& connection : m_connections)
        next(connection, Clock::now());
    return {};
}

Result<> EchoLoadRun::loop()
{
    const Duration period = sweep_period(m_plan.timeout);
    auto sweep_at = Deadline::after(period);
    bool warming_up = m_load.warmup > Duration::zero();
    while (m_open > 0 && !m_loop.stopped()) {
        const auto ready = TRY(m_loop.wait(sweep_at));
        for (const auto& one : ready)
            if (one.token < m_connections.size())
                serve(one);
        if (sweep_at.passed()) {
            sweep(Clock::now());
            sweep_at = Deadline::after(period);
        }
        if (warming_up && Clock::now() >= m_measure_from) {
            m_report.start_measuring(m_measure_from);
            warming_up = false;
        }
    }
    return {};
}

void EchoLoadRun::serve(const Ready& ready)
{
    EchoConnection& connection = m_connections[ready.token];
    if (ready.writable && connection.state() == State::Busy)
        send(connection, true);
    if (connection.state() == State::Closed || !(ready.readable || ready.hangup || ready.error))
        return;
    const auto came = receive_some(connection.ref(), m_buffer, "");
    if (!came)
        fail(connection, came.error());
    else if (came->would_block())
        take_icmp_error(connection.ref()); // a hint, not the end; unread it stays ready
    else if (came->end())
        close(connection);
    else
        receive(connection, std::span(m_buffer).first(came->bytes));
}

void EchoLoadRun::receive(EchoConnection& connection, std::span<const std::byte> bytes)
{
    const auto answer = connection.take(bytes, m_report.flaws());
    if (answer == EchoVerifier::Answer::Pending)
        return;
    if (!connection.sent_all())
        return close(connection); // an echo before the message: the stream is out of step
    const auto now = Clock::now();
    if (answer == EchoVerifier::Answer::Right) {
        if (now - connection.since() > m_plan.timeout)
            m_report.add_late(connection.message());
        else if (connection.since() >= m_measure_from)
            m_report.add_echo(connection.message().size, connection.since(), now);
    }
    next(connection, now);
}

void EchoLoadRun::next(EchoConnection& connection, Clock::time_point now)
{
    if (!claim(now)) {
        m_report.sample(connection.ref());
        connection.drain(now);
        return;
    }
    const auto random =
        m_payload.random(connection.message().connection, connection.next_sequence());
    connection.begin(m_load.sizes.pick(random), now);
    send(connection, false);
}

/// Whether one more message may begin.
bool EchoLoadRun::claim(Clock::time_point now)
{
    if (now < m_measure_from)
        return true;
    if ((m_stop_at && now >= *m_stop_at) || (m_load.count && m_claimed >= *m_load.count))
        return false;
    ++m_claimed;
    return true;
}

/// `watched`: the poller waits for it to be writable.
void EchoLoadRun::send(EchoConnection& connection, bool watched)
{
    if (const auto sent = connection.send(m_buffer); !sent)
        return fail(connection, sent.error());
    if (watched == connection.sent_all()) {
        const auto changed =
            m_loop.poller().modify(connection.ref(), token_of(connection),
                                   {.read = true, .write = !connection.sent_all()});
        if (!changed)
            fail(connection, changed.error());
    }
}

void EchoLoadRun::fail(EchoConnection& connection, const Error& error)
{
    if (connection.state() == State::Busy) // else everything was answered: nothing is missing
        m_report.add_failure(error);
    close(connection);
}

void EchoLoadRun::close(EchoConnection& connection)
{
    m_loop.poller().remove(connection.ref());
    connection.close(m_report.flaws());
    --m_open;
}

/// Gives up messages whose time is up, and peers that do not end.
void EchoLoadRun::sweep(Clock::time_point now)
{
    for (auto& connection : m_connections) {
        const auto waited = now - connection.since();
        if (connection.state() == State::Draining && waited > echo_drain_limit)
            close(connection);
        if (connection.state() != State::Busy || waited <= m_plan.timeout)
            continue;
        connection.give_up(m_report.flaws());
        if (connection.sent_all())
            next(connection, now);
        else
            close(connection); // half a message is on the wire: nothing can follow it
    }
}

} // namespace

Result<EchoClientEnd> echo_load(const EchoClientPlan& plan, const Emit& emit)
{
    raise_descriptor_limit();
    auto loop = TRY(OpLoop::open(plan.deadline));
    if (!emit(EchoStart{plan.target.text, echo_settings(plan)}))
        return EchoClientEnd{}; // nobody would read what we find
    auto dialled = TRY(dial(loop, plan.target, plan.socket, plan.load->connections,
                            Deadline::after(plan.timeout), emit));
    return EchoLoadRun(plan, loop).run(std::move(dialled), emit);
}

} // namespace sockit
