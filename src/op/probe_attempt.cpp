#include "op/probe_attempt.h"

#include "op/verdict.h"
#include "sock/errqueue.h"

#include <cerrno>

namespace sockit {

namespace {

Finding judge(Evidence evidence)
{
    Finding finding;
    finding.outcome = verdict(evidence);
    finding.pressure = is_pressure(evidence);
    finding.sync = evidence.synchronous;
    if (evidence.error && evidence.error->detail.empty())
        evidence.error->detail = explanation(evidence);
    finding.error = std::move(evidence.error);
    if (evidence.to.family() != AF_UNSPEC)
        finding.endpoint = evidence.to;
    return finding;
}

} // namespace

Finding found_without_socket(Error error) { return judge({.to = {}, .error = std::move(error)}); }

bool ProbeAttempt::is_tcp() const
{
    return m_transport == Transport::Tcp || m_transport == Transport::Tls ||
           m_transport == Transport::Mptcp;
}

std::optional<Finding> ProbeAttempt::start(Transport transport, const Endpoint& to,
                                           const SocketPlan& plan, Socket& spare, const Emit& emit)
{
    m_transport = transport;
    m_to = to;
    m_ended.reset();
    m_plain = is_tcp() && transport != Transport::Mptcp && plan.sockopts.empty() &&
              plan.interface.empty() && !plan.source && !plan.hop_limit;
    m_started = Clock::now();
    if (m_plain && spare.valid() && spare.family() == to.family()) {
        m_socket = std::move(spare);
    } else {
        auto socket = open_client_socket(transport, to, plan, emit);
        if (!socket)
            return judge({.to = to, .error = socket.error()});
        m_socket = std::move(*socket);
    }
    m_started = Clock::now();
    const auto progress = m_socket.connect(to);
    if (progress && *progress == ConnectProgress::InProgress && is_tcp() &&
        transport != Transport::Mptcp)
        return ask_again();
    look();
    if (!progress)
        return failed(progress.error(), true);
    if (*progress == ConnectProgress::Connected) {
        auto finding = connected();
        finding.sync = true;
        return finding;
    }
    return m_tcp ? conclude() : std::nullopt;
}

/// To a host as near as this one the handshake is over already: no need to wait for news of it. A
/// second connect() asks for least: it tells how the first one ended, and where it failed the
/// socket can connect anew (__inet_stream_connect in net/ipv4/af_inet.c).
std::optional<Finding> ProbeAttempt::ask_again()
{
    m_source = source();
    auto progress = m_socket.connect(m_to);
    if (progress && *progress == ConnectProgress::Connected) {
        look();
        return connected();
    }
    m_elapsed = Clock::now() - m_started;
    m_tcp = TcpInfoSummary{}; // nothing was sent twice so soon
    if (progress)
        return overheard();
    auto finding = conclude_failed(std::move(progress).error());
    // An ICMP error may have left more of its kind in the queue.
    m_reusable = m_plain && !m_ended && !(finding.error && finding.error->icmp);
    return finding;
}

std::optional<Finding> ProbeAttempt::check()
{
    look();
    return conclude();
}

void ProbeAttempt::look()
{
    m_elapsed = Clock::now() - m_started;
    m_tcp.reset();
    if (!is_tcp())
        return;
    if (const auto info = read_tcp_info(m_socket.ref()))
        m_tcp = *info;
}

std::optional<Finding> ProbeAttempt::conclude()
{
    if (m_tcp) {
        if (m_tcp->state == SocketState::SynSent || m_tcp->state == SocketState::SynRecv)
            return overheard();
        if (m_tcp->state == SocketState::Established)
            return connected();
    }
    auto outcome = m_socket.pending_error(m_to);
    return outcome ? connected() : conclude_failed(std::move(outcome).error());
}

Finding ProbeAttempt::conclude_failed(Error error)
{
    // A RST before the handshake is ECONNREFUSED (tcp_reset in net/ipv4/tcp_input.c).
    const bool stood =
        error.code == ECONNRESET || error.code == EPIPE || error.code == ECONNABORTED;
    if (!is_tcp() || !stood)
        return failed(std::move(error), false);
    m_ended = std::move(error);
    m_ended->phase = Phase::Receive;
    m_ended->call = "recv";
    return connected();
}

/// An ICMP error that came while connect() had the socket locked is queued, but the kernel ends the
/// attempt only when the next SYN, a second later, meets the same fate (tcp_v4_err, sk_err_soft).
std::optional<Finding> ProbeAttempt::overheard() const
{
    const auto queued = take_queued_icmp(m_socket.ref());
    if (!queued)
        return std::nullopt;
    auto error = Error::from_errno(Phase::Connect, "connect", m_to.text(), queued->code);
    error.icmp = queued->notice;
    auto finding = judge({.to = m_to, .error = std::move(error)});
    add_measurements(finding);
    return finding;
}

Finding ProbeAttempt::time_out()
{
    look();
    if (m_tcp)
        if (auto finding = conclude())
            return *std::move(finding);
    auto error = Error::from_errno(Phase::Connect, "connect", m_to.text(), ETIMEDOUT);
    auto finding = judge({.to = m_to, .error = std::move(error)});
    add_measurements(finding);
    return finding;
}

bool ProbeAttempt::awaits_neighbour() const
{
    // A SYN that left this host was sent again after a second; one that waits for its neighbour was
    // not.
    const auto elapsed = Clock::now() - m_started;
    const auto info = is_tcp() ? read_tcp_info(m_socket.ref()) : Result<TcpInfoSummary>();
    return info && info->state == SocketState::SynSent && info->total_retrans == 0 &&
           elapsed > neighbour_patience - neighbour_grace &&
           elapsed < neighbour_patience + neighbour_grace;
}

std::optional<Endpoint> ProbeAttempt::source() const
{
    if (m_source)
        return m_source;
    auto local = m_socket.valid() ? m_socket.local() : Result<Endpoint>(Endpoint());
    if (!local || local->family() == AF_UNSPEC || (local->is_inet() && local->port() == 0))
        return std::nullopt;
    return *std::move(local);
}

Finding ProbeAttempt::connected()
{
    m_stands = !m_ended;
    m_source = source();
    bool to_ourselves = false;
    if (m_source && m_to.is_inet() && m_source->port() == m_to.port()) {
        const auto peer = m_socket.peer();
        to_ourselves = peer && *peer == *m_source;
    }
    auto finding = judge({.to = m_to, .to_ourselves = to_ourselves});
    add_measurements(finding);
    return finding;
}

void ProbeAttempt::close(Socket& spare, bool reset)
{
    if (m_reusable && !spare.valid())
        spare = std::move(m_socket);
    else if (m_stands && reset)
        m_socket.reset_on_close();
    m_socket.close();
    m_reusable = false;
    m_stands = false;
    m_source.reset();
}

Finding ProbeAttempt::failed(Error error, bool synchronous) const
{
    if (m_to.is_inet())
        error.icmp = take_icmp_error(m_socket.ref());
    auto finding = judge(
        {.to = m_to, .error = std::move(error), .from = source(), .synchronous = synchronous});
    add_measurements(finding);
    return finding;
}

void ProbeAttempt::add_measurements(Finding& finding) const
{
    finding.connect = m_elapsed;
    finding.source = source();
    if (!m_tcp)
        return;
    if (m_tcp->rtt_ns)
        finding.kernel_rtt = Duration(*m_tcp->rtt_ns);
    finding.syn_retransmits = m_tcp->total_retrans;
}

} // namespace sockit
