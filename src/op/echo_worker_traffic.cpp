#include "op/datagram_errors.h"
#include "op/echo_worker.h"
#include "sock/errqueue.h"

namespace sockit {

namespace {

constexpr std::size_t datagrams_in_a_row = 16;

} // namespace

/// Begins what may be sent now.
void EchoWorker::next(EchoConnection& connection, Clock::time_point now)
{
    if (connection.state() == State::Idle) {
        connection.owed = claim(connection, now);
        if (connection.owed)
            m_to_open.push_back(token_of(connection));
        else if (connection.finished())
            close(connection);
        return;
    }
    if (connection.state() != State::Open)
        return;
    while (!m_load.reconnect && connection.window().size() < m_load.pipeline) {
        const auto intended = claim(connection, now);
        if (!intended)
            break;
        connection.begin(*intended, now);
    }
    if (connection.blocked())
        flush(connection, now);
    if (connection.finished() && connection.window().empty() && connection.state() == State::Open)
        retire(connection, now);
}

/// When the connection's next message should be sent, if that is now or was earlier, and if there
/// is to be one.
std::optional<Clock::time_point> EchoWorker::claim(EchoConnection& connection,
                                                   Clock::time_point now)
{
    if (connection.finished())
        return std::nullopt;
    const auto intended =
        m_schedule ? m_schedule->at(connection.number() - 1, connection.next_sequence()) : now;
    if (intended >= m_stop_at) {
        connection.set_finished();
        return std::nullopt;
    }
    if (intended > now)
        return std::nullopt;
    if (m_load.count && intended >= m_measure_from && m_shared.claimed++ >= *m_load.count) {
        connection.set_finished();
        return std::nullopt;
    }
    return intended;
}

void EchoWorker::flush(EchoConnection& connection, Clock::time_point now)
{
    if (auto sent = connection.flush(m_buffer, now); !sent)
        broken(connection, std::move(sent).error());
}

void EchoWorker::receive(EchoConnection& connection)
{
    EchoLink& link = connection.link();
    for (std::size_t i = 0; i < datagrams_in_a_row; ++i) {
        auto came = link.channel().receive(m_buffer);
        if (!came)
            return broken(connection, std::move(came).error());
        if (came->would_block()) {
            if (i == 0)
                take_icmp_error(link.ref()); // a hint, not the end; unread it stays ready
            return;
        }
        if (came->end() && !link.is_connectionless())
            return ended(connection);
        const bool more = take(connection, std::span(m_buffer).first(came->bytes));
        if (!more ||
            !(link.channel().buffered() || (link.is_datagram() && !connection.window().empty())))
            return;
    }
}

/// False: the connection is not what it was.
bool EchoWorker::take(EchoConnection& connection, std::span<const std::byte> bytes)
{
    std::optional<Clock::time_point> now;
    const bool whole = connection.link().is_datagram();
    for (;;) {
        const auto answer = connection.take(bytes, m_report.flaws());
        if (answer == EchoVerifier::Answer::Pending)
            break;
        if (connection.out_of_step()) {
            leave(connection);
            return false;
        }
        if (!now)
            now = Clock::now();
        if (answer == EchoVerifier::Answer::Right)
            add_answer(connection.answered(), *now);
        if (whole)
            break;
    }
    if (!now)
        return true;
    if (m_load.reconnect) {
        m_report.sample(connection.link().ref());
        leave(connection);
        return false;
    }
    next(connection, *now);
    return connection.state() == State::Open;
}

void EchoWorker::add_answer(const EchoSent& sent, Clock::time_point now)
{
    if (now - sent.sent > m_shared.plan.timeout)
        return m_report.add_late(sent.message);
    if (sent.intended < m_measure_from)
        return;
    m_report.add_echo(sent.message.size, sent.intended, now);
    if (m_load.rate || m_load.reconnect)
        m_report.add_service(now - sent.sent);
}

/// It has nothing more to send.
void EchoWorker::retire(EchoConnection& connection, Clock::time_point now)
{
    m_report.sample(connection.link().ref());
    // A connection that is gone already says so when it is read next.
    if (!connection.link().is_connectionless())
        static_cast<void>(connection.link().channel().finish_sending());
    connection.enter(State::Draining, now);
}

void EchoWorker::broken(EchoConnection& connection, Error error)
{
    const bool draining = connection.state() == State::Draining;
    if (!draining) {
        const EchoLink& link = connection.link();
        m_report.add_failure(with_icmp(std::move(error), link.socket(), link.peer()));
    }
    // Only now a datagram socket hears that nobody is there: nothing was lost.
    if (connection.link().is_connectionless() && !connection.heard()) {
        connection.forget();
        return close(connection);
    }
    leave(connection);
}

/// The peer's FIN.
void EchoWorker::ended(EchoConnection& connection)
{
    if (connection.state() == State::Open && connection.window().empty())
        m_report.add_end();
    leave(connection);
}

/// Its connection is over; with --reconnect it gets another one.
void EchoWorker::leave(EchoConnection& connection)
{
    connection.close(m_report.flaws());
    if (!m_load.reconnect || connection.state() != State::Open)
        return close(connection);
    const auto now = Clock::now();
    connection.enter(State::Idle, now);
    next(connection, now);
}

void EchoWorker::close(EchoConnection& connection)
{
    if (connection.state() == State::Closed)
        return;
    connection.link().close();
    connection.enter(State::Closed, connection.since());
    --m_left;
}

} // namespace sockit
