#include "op/echo_worker.h"

#include <algorithm>

namespace sockit {

namespace {

/// More would overflow the backlog of many a server, and wait a second for the next SYN.
constexpr std::size_t most_connecting = 256;
/// Then what has come back is looked at.
constexpr std::size_t turns_in_a_row = 256;
constexpr std::size_t buffer_size = 64UL * 1024;
/// A duplicate comes right behind the echo, if it comes.
constexpr auto datagram_drain_limit = std::chrono::milliseconds(20);

/// Late enough not to matter, soon enough that a message is given up near its timeout.
Duration sweep_period(Duration timeout)
{
    return std::clamp<Duration>(timeout / 10, std::chrono::milliseconds(1),
                                std::chrono::milliseconds(100));
}

} // namespace

EchoWorker::EchoWorker(EchoShared& shared, Poller& poller, std::size_t thread, const Emit& emit)
    : m_shared(shared), m_load(shared.load), m_thread(thread), m_emit(emit), m_report(shared.plan),
      m_buffer(buffer_size), m_sweep_period(sweep_period(shared.plan.timeout))
{
    m_connections.reserve(m_load.connections / m_load.threads + 1);
    for (auto i = thread; i < m_load.connections; i += m_load.threads)
        m_connections.emplace_back(shared.script,
                                   EchoLink(shared.route, poller, m_connections.size()),
                                   static_cast<std::uint32_t>(i + 1), m_load.verify);
    m_left = m_connections.size();
}

void EchoWorker::start(Clock::time_point now)
{
    m_sweep_at = now + m_sweep_period;
    m_open_at = now;
    if (!m_load.reconnect) {
        m_unsettled = m_connections.size();
        for (std::size_t i = 0; i < m_connections.size(); ++i) {
            m_to_open.push_back(i);
            if (!m_load.connect_rate)
                m_connections[i].enter(State::Connecting, now); // the wait is part of it
        }
    }
    if (m_unsettled == 0)
        settle();
}

void EchoWorker::open_some(Clock::time_point now)
{
    while (!m_to_open.empty() && now >= m_open_at && m_connecting < most_connecting) {
        EchoConnection& connection = m_connections[m_to_open.front()];
        m_to_open.pop_front();
        if (connection.state() == State::Closed)
            continue; // out of time meanwhile
        if (m_load.connect_rate) {
            const Duration gap(
                static_cast<Duration::rep>(1e9 * static_cast<double>(m_load.threads) /
                                           static_cast<double>(*m_load.connect_rate)));
            m_open_at = std::max(m_open_at, now - gap) + gap;
        }
        open(connection, now);
    }
}

void EchoWorker::open(EchoConnection& connection, Clock::time_point now)
{
    if (connection.state() == State::Idle)
        connection.enter(State::Connecting, now);
    ++m_connecting;
    progress(connection, connection.link().open(connection.number() == 1 ? m_emit : m_silent), now);
}

void EchoWorker::progress(EchoConnection& connection, const Result<EchoLink::Progress>& progress,
                          Clock::time_point now)
{
    if (progress && *progress == EchoLink::Progress::Waiting)
        return;
    --m_connecting;
    if (!progress) {
        connect_failed(connection, progress.error());
    } else if (*progress == EchoLink::Progress::Done) {
        stands(connection, now);
    } else {
        m_to_open.push_front(token_of(connection));
        m_open_at = now + Socket::full_backlog_pause;
    }
}

void EchoWorker::stands(EchoConnection& connection, Clock::time_point now)
{
    m_report.add_connect();
    connection.enter(State::Open, now);
    if (connection.owed) {
        connection.begin(*connection.owed, now);
        connection.owed.reset();
        flush(connection, now);
    } else if (--m_unsettled == 0) {
        settle();
    }
}

void EchoWorker::connect_failed(EchoConnection& connection, const Error& error)
{
    m_report.add_failure(error);
    close(connection);
    if (!connection.owed && --m_unsettled == 0)
        settle();
}

/// Whoever is the last to have its connections lets all begin.
void EchoWorker::settle()
{
    if (--m_shared.settling == 0)
        m_shared.all_stand(any_socket());
}

void EchoWorker::begin(Clock::time_point at)
{
    m_begun = true;
    m_measure_from = at + m_load.warmup;
    m_interval_from = m_measure_from;
    if (m_load.duration)
        m_stop_at = m_measure_from + *m_load.duration;
    if (m_load.rate)
        m_schedule.emplace(at, *m_load.rate, m_load.connections);
    else
        for (auto& connection : m_connections)
            next(connection, Clock::now());
}

void EchoWorker::handle(const Ready& ready)
{
    if (ready.token >= m_connections.size())
        return;
    EchoConnection& connection = m_connections[ready.token];
    if (connection.state() == State::Connecting)
        return progress(
            connection,
            connection.link().proceed(ready, connection.number() == 1 ? m_emit : m_silent),
            Clock::now());
    if (connection.state() == State::Open && connection.link().may_send(ready))
        flush(connection, Clock::now());
    if ((connection.state() == State::Open || connection.state() == State::Draining) &&
        connection.link().channel().may_receive(ready))
        receive(connection);
}

void EchoWorker::tick(Clock::time_point now)
{
    if (!m_begun && m_shared.begun != 0)
        begin(Clock::time_point(Duration(m_shared.begun.load())));
    if (m_begun && !m_measuring && now >= m_measure_from) {
        m_measuring = true;
        m_report.start_measuring(m_measure_from);
    }
    if (m_schedule)
        keep_schedule(now);
    open_some(now);
    if (now >= m_sweep_at) {
        sweep(now);
        m_sweep_at = now + m_sweep_period;
    }
    while (m_load.interval && m_measuring && now >= m_interval_from + *m_load.interval)
        tell_interval(m_interval_from + *m_load.interval);
}

Deadline EchoWorker::next_wake() const
{
    auto at = m_sweep_at;
    if (!m_to_open.empty() && m_connecting < most_connecting)
        at = std::min(at, m_open_at);
    if (m_begun && !m_measuring)
        at = std::min(at, m_measure_from);
    if (m_schedule)
        at = std::min({at, turn_time(), m_stop_at});
    if (m_load.interval && m_measuring)
        at = std::min(at, m_interval_from + *m_load.interval);
    return Deadline::at(at);
}

Clock::time_point EchoWorker::turn_time() const
{
    return m_schedule->at(m_connections[m_turn].number() - 1, m_round);
}

void EchoWorker::keep_schedule(Clock::time_point now)
{
    for (std::size_t i = 0; i < turns_in_a_row && turn_time() <= now; ++i) {
        next(m_connections[m_turn], now);
        if (++m_turn == m_connections.size()) {
            m_turn = 0;
            ++m_round;
        }
    }
    if (now >= m_stop_at || (m_load.count && m_shared.claimed >= *m_load.count))
        finish_all(now);
}

void EchoWorker::finish_all(Clock::time_point now)
{
    for (auto& connection : m_connections) {
        connection.set_finished();
        if (connection.window().empty())
            next(connection, now);
    }
    m_schedule.reset();
}

/// Gives up what has taken too long.
void EchoWorker::sweep(Clock::time_point now)
{
    for (auto& connection : m_connections)
        sweep(connection, now);
    const auto& sampled = m_connections[m_sampled++ % m_connections.size()];
    if (m_measuring && sampled.state() == State::Open)
        m_report.sample(sampled.link().ref(), false);
}

void EchoWorker::sweep(EchoConnection& connection, Clock::time_point now)
{
    const auto limit = m_shared.plan.timeout;
    const auto waited = now - connection.since();
    if (connection.state() == State::Connecting && waited > limit) {
        const bool queued = !connection.link().ref().valid();
        m_connecting -= queued ? 0 : 1;
        return connect_failed(connection, connection.link().timed_out());
    }
    if (connection.state() == State::Draining &&
        waited > (connection.link().is_connectionless() ? datagram_drain_limit : echo_drain_limit))
        return leave(connection);
    bool gave_up = false;
    while (connection.state() == State::Open && !connection.window().empty() &&
           now - connection.window().front().sent > limit) {
        connection.give_up(m_report.flaws());
        gave_up = true;
    }
    if (!gave_up)
        return;
    if (connection.out_of_step() || m_load.reconnect)
        leave(connection); // nothing can follow half a message
    else
        next(connection, now);
}

/// What came since the last one; it ends there.
void EchoWorker::tell_interval(Clock::time_point end)
{
    EchoInterval part = m_report.next_part();
    part.start = m_interval_from - m_measure_from;
    part.duration = end - m_interval_from;
    part.connections = static_cast<std::uint64_t>(
        std::ranges::count(m_connections, State::Open, &EchoConnection::state));
    part.asked = m_load.tell_intervals;
    m_shared.intervals.add(m_thread, part);
    m_interval_from = end;
}

void EchoWorker::finish()
{
    for (const auto& connection : m_connections)
        if (connection.state() == State::Open && !connection.window().empty())
            m_report.sample(connection.link().ref());
    if (m_load.interval && m_report.last() > m_interval_from)
        tell_interval(m_report.last());
    m_shared.intervals.end(m_thread);
    m_report.stop_measuring();
}

const Socket* EchoWorker::any_socket() const
{
    const auto open = std::ranges::find(m_connections, State::Open, &EchoConnection::state);
    return open == m_connections.end() ? nullptr : &open->link().socket();
}

} // namespace sockit
