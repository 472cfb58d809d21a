#include "op/connect.h"

#include "op/child_relay.h"
#include "op/connect_through.h"
#include "op/datagram_session.h"
#include "op/relay_driver.h"
#include "op/resolve_in_loop.h"
#include "op/tls_stage.h"
#include "sock/tcp_info.h"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace sockit {

namespace {

/// A failure to connect that another try may not meet. What went wrong on our own side stays so.
bool may_change(const Error& error)
{
    return (error.domain == Domain::Errno || error.domain == Domain::Resolver) &&
           (error.phase == Phase::Resolve || error.phase == Phase::Connect);
}

class ConnectRun {
public:
    ConnectRun(const ConnectPlan& plan, const Emit& emit) : m_plan(plan), m_emit(emit)
    {
        m_summary.target = plan.target.text;
        m_summary.traffic = {.bytes_sent = 0, .bytes_received = 0, .bytes_unacked = 0};
    }

    ConnectEnd run();

private:
    Result<> go();
    Result<std::optional<Connection>> reach_in_the_end();
    Result<std::optional<Connection>> reach();
    Result<std::optional<Connection>> reach_directly();
    Result<std::optional<Connection>> reach_through_proxy();
    Result<std::vector<Endpoint>> find();
    Result<bool> secure(const Connection& connection);
    Result<> use(Connection connection);
    Result<> relay(Connection connection);
    Result<> exchange_datagrams(const Connection& connection);
    [[nodiscard]] Channel channel_of(Connection connection);
    Result<> run_child(Connection connection);
    Result<> run_child_over_tls(Connection connection);
    [[nodiscard]] Error out_of_time() const;

    const ConnectPlan& m_plan;
    const Emit& m_emit;
    Clock::time_point m_start = Clock::now();
    Deadline m_limit; ///< of --timeout
    std::optional<OpLoop> m_loop;
    std::optional<TlsContext> m_tls;
    std::optional<TlsSession> m_session; ///< its handshake is done, or failed
    Endpoint m_destination; ///< whom the connection leads to; none where only a proxy knows
    ConnectSummary m_summary;
};

ConnectEnd ConnectRun::run()
{
    m_emit(ConnectStarted{.target = m_plan.target.text, .time = std::chrono::system_clock::now()});
    if (auto done = go(); !done) {
        m_summary.error = done.error();
        m_emit(ConnectFailed{done.error()});
    }
    ConnectEnd end{.error = m_summary.error, .signal = {}, .child_status = m_summary.child_status};
    if (m_loop) {
        m_summary.stopped_by = m_loop->stopped_by();
        end.signal = m_loop->signal();
    }
    m_summary.phases.total = Clock::now() - m_start;
    m_emit(m_summary);
    return end;
}

Result<> ConnectRun::go()
{
    if (m_plan.tls)
        m_tls = TRY(TlsContext::client(*m_plan.tls));
    m_loop = TRY(OpLoop::open(m_plan.deadline));
    TRY(enter_sandbox(m_plan.sandbox));
    auto connection = TRY(reach_in_the_end());
    if (connection)
        TRY(use(*std::move(connection)));
    if (m_loop->deadline_passed())
        return Failure(out_of_time());
    return {};
}

/// As often as the plan allows; nothing when the loop was stopped.
Result<std::optional<Connection>> ConnectRun::reach_in_the_end()
{
    for (std::uint64_t tries = 0;; ++tries) {
        m_limit = Deadline::after(m_plan.timeout);
        auto connection = reach();
        if (connection || tries == m_plan.retries || !may_change(connection.error()))
            return connection;
        m_emit(Note{"try " + std::to_string(tries + 1) +
                    " failed: " + describe_error(connection.error())});
        const auto pause = Deadline::after(m_plan.retry_interval);
        while (!pause.passed() && !m_loop->stopped())
            TRY(m_loop->wait(pause));
        if (m_loop->stopped())
            return std::optional<Connection>();
    }
}

/// All that comes before the first byte of payload; nothing when the loop was stopped.
Result<std::optional<Connection>> ConnectRun::reach()
{
    m_session.reset();
    auto connection = TRY(m_plan.proxy ? reach_through_proxy() : reach_directly());
    if (!connection)
        return connection;
    m_summary.local = connection->local;
    m_summary.peer = connection->peer;
    m_emit(Connected{.local = connection->local,
                     .peer = connection->peer,
                     .target = m_plan.proxy ? std::optional(m_plan.target.text) : std::nullopt});
    if (m_plan.proxy_header &&
        !TRY(send_proxy_header(*m_loop, connection->socket, *m_plan.proxy_header, connection->local,
                               m_destination, m_limit)))
        return std::optional<Connection>();
    if (m_tls && !TRY(secure(*connection)))
        return std::optional<Connection>();
    return connection;
}

Result<std::optional<Connection>> ConnectRun::reach_directly()
{
    const auto endpoints = TRY(find());
    if (m_loop->stopped())
        return std::optional<Connection>();
    const auto begin = Clock::now();
    auto connection = TRY(race_to_connect(*m_loop, m_plan.target.transport, endpoints,
                                          m_plan.socket, m_limit, m_emit));
    if (connection) {
        m_summary.phases.connect = Clock::now() - begin;
        m_destination = connection->peer;
    }
    return connection;
}

/// False when the loop was stopped.
Result<bool> ConnectRun::secure(const Connection& connection)
{
    const auto begin = Clock::now();
    const auto peer = m_plan.proxy ? m_plan.target.text : connection.peer.text();
    m_session = TRY(TlsSession::connect(*m_tls, connection.socket.ref(),
                                        tls_name(*m_plan.tls, m_plan.target), peer));
    const auto done = shake_hands(*m_loop, *m_session, connection.socket, peer, m_limit);
    m_summary.tls = m_session->facts();
    if (TRY(done)) {
        m_summary.phases.tls = Clock::now() - begin;
        m_emit(TlsEstablished{.connection = {}, .facts = *m_summary.tls});
    }
    return *done;
}

Result<std::optional<Connection>> ConnectRun::reach_through_proxy()
{
    const auto begin = Clock::now();
    m_summary.proxy.emplace();
    auto passed = TRY(connect_through(*m_loop, *m_plan.proxy, m_plan.target, m_plan.socket, m_limit,
                                      m_emit, *m_summary.proxy));
    if (!passed)
        return std::optional<Connection>();
    m_summary.phases.connect = Clock::now() - begin;
    m_destination = passed->destination.endpoint.value_or(Endpoint());
    return std::optional(std::move(passed->connection));
}

/// The target's endpoints; none when the loop was stopped.
Result<std::vector<Endpoint>> ConnectRun::find()
{
    const auto begin = Clock::now();
    auto endpoints = TRY(resolve_in_loop(*m_loop, m_plan.target, m_plan.socket.family, m_limit));
    if (!m_plan.target.endpoint && !endpoints.empty())
        m_summary.phases.resolve = Clock::now() - begin;
    return endpoints;
}

Result<> ConnectRun::use(Connection connection)
{
    const auto begin = Clock::now();
    auto used = m_plan.child.wanted()                  ? run_child(std::move(connection))
                : is_datagram(m_plan.target.transport) ? exchange_datagrams(connection)
                                                       : relay(std::move(connection));
    m_emit(ConnectClosed{.traffic = m_summary.traffic, .duration = Clock::now() - begin});
    return used;
}

Result<> ConnectRun::relay(Connection connection)
{
    const auto destinations = TRY(Destinations::open(m_plan.payload, m_emit));
    auto destination = destinations.make(std::nullopt);
    auto channel = channel_of(std::move(connection));
    const auto begin = Clock::now();
    const auto outcome = run_relay(*m_loop, channel, Stream({STDIN_FILENO}, "stdin"), destination,
                                   m_plan.relay, m_emit);
    m_summary.traffic = outcome.traffic;
    if (outcome.first_byte)
        m_summary.phases.first_byte = *outcome.first_byte - begin;
    m_summary.payload = destination.take_kept();
    m_summary.tls = channel.tls_facts();
    if (channel.peer().is_inet())
        if (const auto info = read_tcp_info(channel.socket().ref()))
            m_summary.tcp = TcpFacts{.rtt_ns = info->rtt_ns, .retransmits = info->total_retrans};
    if (outcome.error)
        return Failure(*outcome.error);
    return {};
}

Channel ConnectRun::channel_of(Connection connection)
{
    Channel channel(std::move(connection.socket), connection.peer);
    if (m_session)
        channel.secure(*std::exchange(m_session, std::nullopt));
    return channel;
}

Result<> ConnectRun::exchange_datagrams(const Connection& connection)
{
    const auto destinations = TRY(Destinations::open(m_plan.payload, m_emit));
    const auto begin = Clock::now();
    const DatagramPlan plan{.relay = m_plan.relay,
                            .framing = m_plan.framing,
                            .answer_timeout = m_plan.timeout,
                            .id = {}};
    auto outcome = DatagramSession(
                       *m_loop, connection.socket, connection.peer, Stream({STDIN_FILENO}, "stdin"),
                       DatagramOutput(m_plan.payload, destinations, m_emit), plan, m_emit)
                       .run();
    m_summary.traffic = outcome.traffic;
    if (outcome.first_byte)
        m_summary.phases.first_byte = *outcome.first_byte - begin;
    m_summary.payload = std::move(outcome.payload);
    if (outcome.error)
        return Failure(*outcome.error);
    return {};
}

Result<> ConnectRun::run_child(Connection connection)
{
    if (m_session)
        return run_child_over_tls(std::move(connection));
    m_summary.traffic = {};
    auto child = TRY(Child::start(m_plan.child, std::move(connection.socket), connection.local,
                                  connection.peer));
    m_summary.child_status = TRY(child.wait(*m_loop));
    warn_of_status(m_plan.child, m_summary.child_status.value_or(0), m_emit);
    return {};
}

Result<> ConnectRun::run_child_over_tls(Connection connection)
{
    const auto local = connection.local;
    const auto peer = connection.peer;
    const auto relay = TRY(ChildRelay::start(m_loop->poller(), 0, m_plan.child,
                                             channel_of(std::move(connection)), local, peer));
    const auto ran = run_child_relay(*m_loop, *relay);
    m_summary.child_status = relay->status();
    m_summary.traffic = relay->traffic();
    m_summary.tls = relay->tls_facts();
    warn_of_status(m_plan.child, m_summary.child_status.value_or(0), m_emit);
    TRY(ran);
    if (relay->error())
        return Failure(*relay->error());
    return {};
}

Error ConnectRun::out_of_time() const
{
    Error error =
        Error::from_errno(m_summary.peer ? Phase::Receive : Phase::Connect,
                          m_summary.peer ? "recv" : "connect", m_plan.target.text, ETIMEDOUT);
    error.detail = "the run's --deadline passed";
    return error;
}

} // namespace

namespace op {

ConnectEnd connect(const ConnectPlan& plan, const Emit& emit)
{
    return ConnectRun(plan, emit).run();
}

} // namespace op

} // namespace sockit
