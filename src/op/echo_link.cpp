#include "op/echo_link.h"

#include "op/nodelay.h"
#include "op/resolve_in_loop.h"
#include "op/tls_stage.h"
#include "sock/errqueue.h"

#include <array>
#include <cerrno>
#include <utility>

namespace sockit {

Result<EchoRoute> find_route(OpLoop& loop, const EchoClientPlan& plan)
{
    EchoRoute route{.transport = plan.target.transport,
                    .endpoints = {},
                    .socket = plan.socket,
                    .tls = std::nullopt,
                    .tls_name = {},
                    .reconnect = plan.load && plan.load->reconnect};
    if (plan.tls) {
        route.tls = TRY(TlsContext::client(*plan.tls));
        route.tls_name = tls_name(*plan.tls, plan.target);
    }
    route.endpoints =
        TRY(resolve_in_loop(loop, plan.target, plan.socket.family, Deadline::after(plan.timeout)));
    return route;
}

Result<EchoLink::Progress> EchoLink::open(const Emit& emit)
{
    m_tried = 0;
    return connect(emit);
}

/// To the endpoints that are left, until one is connected or on its way.
Result<EchoLink::Progress> EchoLink::connect(const Emit& emit)
{
    for (;;) {
        close();
        auto progress = [&]() -> Result<Progress> {
            m_socket = TRY(open_client_socket(m_route->transport, peer(), m_route->socket, emit));
            const auto begun = TRY(m_socket.connect(peer()));
            if (begun == ConnectProgress::Connected)
                return connected(emit);
            m_connecting = true;
            TRY(watch({.write = true}));
            return Progress::Waiting;
        }();
        if (progress)
            return progress;
        const Error& error = progress.error();
        if ((error.code == EAGAIN && m_socket.family() == AF_UNIX) ||
            (error.code == EADDRNOTAVAIL && m_route->reconnect)) {
            close();
            return Progress::Short;
        }
        // Another address would not cure a shortage of our own.
        if (++m_tried >= m_route->endpoints.size() || is_shortage(error)) {
            close();
            return progress;
        }
        m_endpoint = (m_endpoint + 1) % m_route->endpoints.size();
    }
}

Result<EchoLink::Progress> EchoLink::proceed(const Ready& ready, const Emit& emit)
{
    if (!m_connecting)
        return shake_hands();
    if (auto outcome = m_socket.pending_error(peer()); !outcome) {
        Error error = std::move(outcome).error();
        error.icmp = take_icmp_error(ref());
        if (++m_tried >= m_route->endpoints.size())
            return Failure(std::move(error));
        m_endpoint = (m_endpoint + 1) % m_route->endpoints.size();
        return connect(emit);
    }
    if (!ready.writable && !ready.hangup) {
        take_icmp_error(ref()); // a hint, not the end; unread it stays ready
        return Progress::Waiting;
    }
    const auto local = m_socket.local();
    if (local && *local == peer()) {
        // tcp(7) allows a simultaneous open with oneself when the source port happens to match.
        Error error = Error::from_errno(Phase::Connect, "connect", peer().text(), ECONNREFUSED);
        error.detail = "nobody listens there: it connected to itself";
        return Failure(std::move(error));
    }
    return connected(emit);
}

Result<EchoLink::Progress> EchoLink::connected(const Emit& emit)
{
    m_connecting = false;
    if (!is_datagram())
        set_nodelay(m_socket, m_route->socket);
    TRY(apply_options(m_socket, m_route->socket, SockoptPhase::Connected, emit));
    if (!m_route->tls) {
        TRY(watch({.read = true}));
        return Progress::Done;
    }
    m_tls = TRY(TlsSession::connect(*m_route->tls, ref(), m_route->tls_name, peer().text()));
    return shake_hands();
}

Result<EchoLink::Progress> EchoLink::shake_hands()
{
    const auto step = TRY(m_tls->handshake());
    TRY(watch({.read = step != TlsStep::WantWrite, .write = step == TlsStep::WantWrite}));
    return step == TlsStep::Done ? Progress::Done : Progress::Waiting;
}

Error EchoLink::timed_out() const
{
    if (m_tls)
        return handshake_timed_out(peer().text());
    return Error::from_errno(Phase::Connect, "connect", peer().text(), ETIMEDOUT);
}

Result<Transfer> EchoLink::send(std::span<const std::byte> bytes)
{
    return m_tls ? m_tls->write(bytes) : send_some(ref(), bytes, "");
}

Result<Transfer> EchoLink::send(std::span<const std::span<const std::byte>> pieces)
{
    return send_gathered(ref(), pieces, "");
}

Result<Transfer> EchoLink::receive(std::span<std::byte> buffer)
{
    return m_tls ? m_tls->read(buffer) : receive_some(ref(), buffer, "");
}

Result<> EchoLink::want_to_send(bool wanted)
{
    m_wants_to_send = wanted;
    if (!m_tls)
        return watch({.read = true, .write = wanted});
    const auto waits = [&](TlsStep what) {
        return m_tls->read_waits_for() == what || (wanted && m_tls->write_waits_for() == what);
    };
    return watch({.read = waits(TlsStep::WantRead), .write = waits(TlsStep::WantWrite)});
}

bool EchoLink::may_send(const Ready& ready) const
{
    const bool across = m_tls && m_tls->write_waits_for() == TlsStep::WantRead;
    return m_wants_to_send && (ready.writable || (across && ready.readable));
}

bool EchoLink::may_receive(const Ready& ready) const
{
    const bool across = m_tls && m_tls->read_waits_for() == TlsStep::WantWrite;
    return ready.readable || ready.hangup || ready.error || (across && ready.writable);
}

void EchoLink::finish_sending()
{
    // A connection that is gone already says so when it is read next.
    if (m_tls)
        static_cast<void>(m_tls->finish());
    static_cast<void>(m_socket.shutdown_send());
    if (m_tls)
        m_tls->fin_sent();
}

void EchoLink::close()
{
    if (m_interest)
        m_poller->remove(ref());
    m_interest.reset();
    m_tls.reset();
    m_socket.close();
    m_connecting = false;
    m_wants_to_send = false;
}

EchoLink::Standing EchoLink::release()
{
    if (m_interest)
        m_poller->remove(ref());
    m_interest.reset();
    return {.socket = std::move(m_socket), .tls = std::exchange(m_tls, std::nullopt)};
}

Result<> EchoLink::watch(Interest interest)
{
    if (m_interest == interest)
        return {};
    const bool known = m_interest.has_value();
    m_interest = interest;
    return known ? m_poller->modify(ref(), m_token, interest)
                 : m_poller->add(ref(), m_token, interest);
}

} // namespace sockit
