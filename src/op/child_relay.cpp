#include "op/child_relay.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace sockit {

namespace {

constexpr std::string_view child_name = "the command";

} // namespace

Result<std::unique_ptr<ChildRelay>> ChildRelay::start(Poller& poller, std::uint64_t first_token,
                                                      const ChildPlan& plan, Channel channel,
                                                      const Endpoint& local, const Endpoint& peer)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0)
        return Failure(Error::from_errno(Phase::None, "socketpair", plan.words[0], errno));
    Socket ours = Socket::adopt(Fd(ends[0]), AF_UNIX, SOCK_STREAM);
    Socket its = Socket::adopt(Fd(ends[1]), AF_UNIX, SOCK_STREAM);
    auto child = TRY(Child::start(plan, std::move(its), local, peer));
    return std::unique_ptr<ChildRelay>(
        new ChildRelay(poller, first_token, std::move(child), std::move(ours), std::move(channel)));
}

ChildRelay::ChildRelay(Poller& poller, std::uint64_t first_token, Child child, Socket ours,
                       Channel channel)
    : m_child(std::move(child)), m_ours(std::move(ours)), m_channel(std::move(channel)),
      m_first_token(first_token), m_watch_child(poller, m_child->ref(), first_token),
      m_watch_ours(poller, m_ours.ref(), first_token + 1),
      m_watch_peer(poller, m_channel.socket().ref(), first_token + 2)
{
    m_watch_child.want(Interest{.read = true});
}

Deadline ChildRelay::prepare()
{
    if (m_peer_done && m_down.rest().empty() && !m_child_told) {
        m_child_told = true;
        // Where nobody hears it any more, it must not talk on. (A child that is gone need not be
        // told.)
        ::shutdown(m_ours.ref().value, m_lost ? SHUT_RDWR : SHUT_WR);
        m_child_silent = m_child_silent || m_lost;
    }
    if (m_child_silent && m_up.rest().empty() && !m_fin_sent && !m_lost) {
        if (m_peer_done)
            part();
        else
            finish_sending();
    }
    if (m_status && m_fin_sent && !m_delivered && !m_lost) {
        if (!m_delivery)
            m_delivery.emplace(m_channel.socket(), m_channel.peer(), std::nullopt);
        const auto arrived = m_delivery->check();
        if (!arrived)
            lose(arrived.error());
        else
            m_delivered = *arrived;
    }
    return watch();
}

Deadline ChildRelay::watch()
{
    using Wanted = std::optional<Interest>;
    if (finished()) {
        for (auto* watched : {&m_watch_child, &m_watch_ours, &m_watch_peer})
            watched->want(std::nullopt);
        return Deadline::after(Duration::zero());
    }
    const bool read = m_up.rest().empty() && !m_child_silent;
    const bool write = !m_down.rest().empty();
    const bool finish = m_child_silent && !m_fin_sent && !m_parting;
    const bool send = !m_lost && (!m_up.rest().empty() || finish);
    const bool receive = !m_lost && !m_peer_done && m_down.rest().empty();
    m_watch_ours.want(read || write ? Wanted(Interest{.read = read, .write = write})
                                    : std::nullopt);
    m_watch_peer.want(send || receive ? Wanted(m_channel.interest(receive, send)) : std::nullopt);
    for (const auto* watched : {&m_watch_child, &m_watch_ours, &m_watch_peer})
        if (watched->error() && !m_lost)
            lose(*watched->error());
    const bool at_once = (receive && m_channel.buffered()) || (read && m_status);
    if (at_once)
        return Deadline::after(Duration::zero());
    if (m_parting)
        return m_parting->next();
    return m_delivery ? m_delivery->next() : Deadline();
}

void ChildRelay::handle(std::span<const Ready> ready)
{
    bool ours = m_status.has_value();
    bool receivable = m_channel.buffered();
    bool sendable = false;
    for (const auto& one : ready) {
        if (one.token == m_first_token)
            reap();
        ours = ours || one.token == m_first_token + 1;
        if (one.token == m_first_token + 2) {
            receivable = receivable || m_channel.may_receive(one);
            sendable = m_channel.may_send(one);
        }
    }
    if (ours && !m_down.rest().empty())
        write_child();
    if (ours && m_up.rest().empty() && !m_child_silent)
        read_child();
    if (sendable && !m_up.rest().empty() && !m_lost)
        send();
    if (receivable && m_down.rest().empty() && !m_peer_done && !m_lost)
        receive();
}

void ChildRelay::reap()
{
    if (!m_child)
        return;
    m_watch_child.want(std::nullopt);
    m_status = m_child->reap();
    m_child.reset();
}

/// What the child wrote is all there once it has ended; who still holds its end is not waited for.
void ChildRelay::read_child()
{
    const auto got = receive_some(m_ours.ref(), m_up.space(), child_name);
    if (got && got->would_block()) {
        m_child_silent = m_status.has_value();
        return;
    }
    // ECONNRESET: it ended without having read everything.
    if (!got || got->end()) {
        m_child_silent = true;
        return;
    }
    m_up.filled(got->bytes);
    if (m_lost)
        m_up.drop(got->bytes);
    else
        send();
}

void ChildRelay::send()
{
    const auto sent = m_channel.send(m_up.rest());
    if (!sent)
        return lose(sent.error());
    m_up.drop(sent->bytes);
    m_sent += sent->bytes;
}

void ChildRelay::finish_sending()
{
    const auto shut = m_channel.finish_sending();
    if (!shut)
        return lose(shut.error());
    if (!*shut)
        return;
    m_fin_sent = true;
    close_first(Side::Local);
}

/// The peer is done and may be gone, so that close_notify would only bring a reset: what the child
/// said is waited for first, and how the rest fares is then no matter.
void ChildRelay::part()
{
    if (!m_parting)
        m_parting.emplace(m_channel.socket(), m_channel.peer(), std::nullopt, false);
    const auto arrived = m_parting->check();
    if (!arrived)
        return lose(arrived.error());
    if (!*arrived)
        return;
    m_parting.reset();
    static_cast<void>(m_channel.finish_sending());
    m_fin_sent = true;
    m_delivered = true;
}

void ChildRelay::receive()
{
    const auto got = m_channel.receive(m_down.space());
    if (!got && m_status) {
        m_peer_done = true; // there is nobody to miss anything; the delivery is looked after
        return;
    }
    if (!got)
        return lose(got.error());
    if (got->would_block())
        return;
    if (got->end()) {
        m_peer_done = true;
        return close_first(Side::Peer);
    }
    m_received += got->bytes;
    m_down.filled(got->bytes);
    write_child();
}

void ChildRelay::write_child()
{
    if (!m_child_deaf && !m_status) {
        const auto written = send_some(m_ours.ref(), m_down.rest(), child_name);
        m_child_deaf = !written;
        if (written)
            return m_down.drop(written->bytes);
    }
    m_down.drop(m_down.rest().size());
}

/// The child sees an end after what had arrived, and what it says then fails.
void ChildRelay::lose(const Error& error)
{
    if (!m_error)
        m_error = error;
    m_lost = true;
    m_peer_done = true;
    m_up.drop(m_up.rest().size());
    close_first(Side::Peer);
}

void ChildRelay::close_first(Side side)
{
    if (!m_closed_first)
        m_closed_first = side;
}

Traffic ChildRelay::traffic() const
{
    Traffic traffic;
    traffic.bytes_sent = m_sent;
    traffic.bytes_received = m_received;
    if (const auto left = unacknowledged(m_channel.socket(), m_fin_sent))
        traffic.bytes_unacked = std::min(*left, m_sent);
    traffic.closed_first = m_closed_first;
    traffic.fin_sent = m_fin_sent;
    return traffic;
}

std::optional<Child> ChildRelay::take_child()
{
    m_watch_child.want(std::nullopt);
    return std::exchange(m_child, std::nullopt);
}

Result<> run_child_relay(OpLoop& loop, ChildRelay& relay)
{
    while (!loop.stopped()) {
        const auto until = relay.prepare();
        if (relay.finished())
            return {};
        const auto ready = TRY(loop.wait(until));
        if (!loop.stopped())
            relay.handle(ready);
    }
    if (auto child = relay.take_child())
        Child::end_all(std::span(&*child, 1));
    return {};
}

} // namespace sockit
