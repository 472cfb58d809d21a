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
            m_channel.emplace(
                TRY(open_client_socket(m_route->transport, peer(), m_route->socket, emit)), peer());
            const auto begun = TRY(socket().connect(peer()));
            if (begun == ConnectProgress::Connected)
                return connected(emit);
            m_connecting = true;
            TRY(watch({.write = true}));
            return Progress::Waiting;
        }();
        if (progress)
            return progress;
        const Error& error = progress.error();
        if ((error.code == EAGAIN && peer().family() == AF_UNIX) ||
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
    if (auto outcome = socket().pending_error(peer()); !outcome) {
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
    const auto local = socket().local();
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
        set_nodelay(socket(), m_route->socket);
    TRY(apply_options(socket(), m_route->socket, SockoptPhase::Connected, emit));
    if (!m_route->tls) {
        TRY(watch({.read = true}));
        return Progress::Done;
    }
    m_session = TRY(TlsSession::connect(*m_route->tls, ref(), m_route->tls_name, peer().text()));
    return shake_hands();
}

Result<EchoLink::Progress> EchoLink::shake_hands()
{
    const auto step = TRY(m_session->handshake());
    TRY(watch({.read = step != TlsStep::WantWrite, .write = step == TlsStep::WantWrite}));
    if (step != TlsStep::Done)
        return Progress::Waiting;
    m_channel->secure(*std::move(m_session));
    m_session.reset();
    return Progress::Done;
}

Error EchoLink::timed_out() const
{
    if (m_session)
        return handshake_timed_out(peer().text());
    return Error::from_errno(Phase::Connect, "connect", peer().text(), ETIMEDOUT);
}

Result<> EchoLink::want_to_send(bool wanted)
{
    m_wants_to_send = wanted;
    return watch(m_channel->interest(true, wanted));
}

bool EchoLink::may_send(const Ready& ready) const
{
    return m_wants_to_send && m_channel->may_send(ready);
}

void EchoLink::close()
{
    if (m_interest)
        m_poller->remove(ref());
    m_interest.reset();
    m_session.reset();
    m_channel.reset();
    m_connecting = false;
    m_wants_to_send = false;
}

Channel EchoLink::release()
{
    Channel channel = *std::move(m_channel);
    if (m_interest)
        m_poller->remove(channel.socket().ref());
    m_interest.reset();
    m_channel.reset();
    return channel;
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
