#include "op/datagram_server.h"

#include "op/datagram_errors.h"
#include "op/datagram_input.h"
#include "op/datagram_output.h"
#include "op/datagram_peers.h"
#include "op/delivery.h"
#include "op/listen_story.h"
#include "op/watched.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <unistd.h>

namespace sockit {

namespace {

constexpr std::uint64_t peers_remembered = 65536;
/// A unix peer whose queue is full, or a full device queue: nothing tells when there is room.
constexpr auto send_pause = std::chrono::milliseconds(2);

class DatagramServer {
public:
    DatagramServer(OpLoop& loop, Acceptor& acceptor, const DatagramServerPlan& plan,
                   DatagramOutput output, const Emit& emit, ListenSummary& summary)
        : m_loop(loop), m_socket(acceptor.socket()), m_local(acceptor.local()), m_plan(plan),
          m_emit([this, &emit](const Event& event) {
              m_output_open = emit(event) && m_output_open;
              return m_output_open;
          }),
          m_summary(summary), m_input(Stream({STDIN_FILENO}, "stdin"), plan.framing, m_socket),
          m_output(std::move(output)), m_reads_input(plan.relay.rules.send && !plan.keep_open),
          m_watch_input(loop.poller(), m_input.ref(), input_token),
          m_watch_socket(loop.poller(), m_socket.ref(), socket_token),
          m_watch_output(loop.poller(), m_output.ref(), output_token)
    {}

    DatagramServer(const DatagramServer&) = delete;
    DatagramServer& operator=(const DatagramServer&) = delete;

    Result<> run();

private:
    static constexpr std::uint64_t input_token = 0;
    static constexpr std::uint64_t socket_token = 1;
    static constexpr std::uint64_t output_token = 2;

    Result<> serve();
    void watch();
    Result<> handle(const Ready& ready);
    Result<> receive();
    Result<> take_the_rest();
    DatagramPeer& peer_of(const ReceivedDatagram& datagram);
    Result<> hand_on();
    void deny(const Endpoint& peer);
    Result<> read_input();
    Result<> send();
    Result<> watch_clocks();
    [[nodiscard]] Deadline next_deadline() const;
    [[nodiscard]] bool finished() const;
    [[nodiscard]] Endpoint local_of(const DatagramPeer& peer) const;
    void leave(const Endpoint& address, std::optional<Error> error);

    OpLoop& m_loop;
    const Socket& m_socket;
    Endpoint m_local;
    const DatagramServerPlan& m_plan;
    bool m_output_open = true; ///< as long as records can be told
    const Emit m_emit;
    ListenSummary& m_summary;
    DatagramInput m_input;
    DatagramOutput m_output;
    DatagramInbox m_inbox;
    std::span<const ReceivedDatagram> m_arrived; ///< not yet handed on
    DatagramPeers m_peers;
    bool m_reads_input;
    Deadline m_pause; ///< do not send before
    Clock::time_point m_since = Clock::now();
    Clock::time_point m_last_moved = Clock::now();
    Watched m_watch_input;
    Watched m_watch_socket;
    Watched m_watch_output;
};

Result<> DatagramServer::run()
{
    m_summary.datagrams.emplace(); // even if nobody comes
    auto served = serve();
    if (served && m_loop.stopped())
        served = take_the_rest();
    for (auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
        watched->want(std::nullopt);
    warn_of_drops(m_socket, m_emit);
    while (!m_peers.empty())
        leave(m_peers.oldest().address, std::nullopt);
    return served;
}

Result<> DatagramServer::serve()
{
    while (m_output_open && !finished()) {
        watch();
        for (const auto* watched : {&m_watch_input, &m_watch_socket, &m_watch_output})
            if (watched->error())
                return Failure(*watched->error());
        const auto ready = TRY(m_loop.wait(next_deadline()));
        if (m_loop.stopped())
            break;
        for (const auto& one : ready)
            TRY(handle(one));
        TRY(watch_clocks());
    }
    return {};
}

bool DatagramServer::finished() const
{
    return m_input.over() && !m_plan.relay.rules.receive && m_input.waiting().empty();
}

void DatagramServer::watch()
{
    using Wanted = std::optional<Interest>;
    if (m_pause.passed())
        m_pause = {};
    const bool sends = !m_input.waiting().empty();
    const bool reads = m_reads_input && !m_input.over() && !sends && m_peers.to_answer() != nullptr;
    m_watch_input.want(reads ? Wanted(Interest{.read = true}) : std::nullopt);
    m_watch_output.want(m_arrived.empty() ? std::nullopt : Wanted(Interest{.write = true}));
    m_watch_socket.want(Interest{.read = m_arrived.empty(), .write = sends && !m_pause.is_set()});
}

Result<> DatagramServer::handle(const Ready& ready)
{
    switch (ready.token) {
    case input_token: return m_input.waiting().empty() ? read_input() : Result<>();
    case output_token: return hand_on();
    case socket_token: break;
    default: return {};
    }
    if (m_arrived.empty() && (ready.readable || ready.error))
        TRY(receive());
    if (ready.writable)
        TRY(send());
    return {};
}

Result<> DatagramServer::receive()
{
    const auto got = TRY(m_inbox.receive(m_socket, m_local.text()));
    m_arrived = got.datagrams;
    return hand_on();
}

/// What had arrived before the end, as far as the output takes it at once.
Result<> DatagramServer::take_the_rest()
{
    constexpr int enough = 256; // then somebody sends faster than we could ever end
    bool something = true;
    for (int i = 0; i < enough && something && m_arrived.empty() && m_output_open; ++i) {
        const auto before = m_last_moved;
        TRY(receive());
        something = m_last_moved != before;
    }
    return {};
}

/// As much as the output takes: until then, the kernel holds what comes.
Result<> DatagramServer::hand_on()
{
    while (!m_arrived.empty() && m_output_open) {
        if (!m_output.writing()) {
            const auto& datagram = m_arrived.front();
            if (!m_plan.access.admits(datagram.from)) {
                deny(datagram.from);
                m_arrived = m_arrived.subspan(1);
                continue;
            }
            auto& peer = peer_of(datagram);
            if (m_plan.relay.rules.receive)
                TRY(m_output.take(datagram, peer.address.unmapped(), peer.id, peer.kept));
        }
        if (!TRY(m_output.write()))
            return {};
        m_last_moved = Clock::now();
        m_arrived = m_arrived.subspan(1);
    }
    return {};
}

/// Told of the first only: anybody can send any number.
void DatagramServer::deny(const Endpoint& peer)
{
    if (m_summary.denied++ > 0)
        return;
    Error error = Error::from_errno(Phase::Receive, "recv", peer.unmapped().text(), EACCES);
    error.detail = "--allow and --deny do not admit it";
    m_emit(Warning{.message = {}, .error = std::move(error)});
}

/// Whoever sent it, with the datagram counted.
DatagramPeer& DatagramServer::peer_of(const ReceivedDatagram& datagram)
{
    const auto now = Clock::now();
    const bool named = datagram.from.family() != AF_UNSPEC;
    const Endpoint address = named ? datagram.from : Endpoint::unix_unnamed();
    DatagramPeer* peer = m_peers.find(address);
    if (peer == nullptr) {
        if (m_peers.size() >= m_plan.max_peers.value_or(peers_remembered))
            leave(m_peers.oldest().address, std::nullopt);
        peer = &m_peers.add({.id = ++m_summary.accepted,
                             .address = address,
                             .asked = datagram.asked,
                             .since = now,
                             .last_spoke = now,
                             .kept = {}});
        m_emit(PeerAccepted{.id = peer->id,
                            .peer = address.unmapped(),
                            .local = local_of(*peer),
                            .time = std::chrono::system_clock::now()});
    }
    peer->asked = datagram.asked;
    peer->bytes_received += datagram.bytes.size();
    ++peer->datagrams.received;
    m_peers.touch(*peer, now);
    return *peer;
}

Result<> DatagramServer::read_input()
{
    if (TRY(m_input.read()))
        m_last_moved = Clock::now();
    return send();
}

Result<> DatagramServer::send()
{
    const auto waiting = m_input.waiting();
    DatagramPeer* peer = m_peers.to_answer();
    if (waiting.empty() || peer == nullptr)
        return {};
    const DatagramRoute route{.to = peer->address, .from = peer->asked};
    const auto to = peer->address.unmapped();
    const auto count = send_datagrams(m_socket, waiting, &route, to.text());
    if (!count && count.error().code == EMSGSIZE)
        return Failure(with_size(count.error(), m_socket, waiting.front().size()));
    if (!count && count.error().code != ENOBUFS) {
        m_emit(Warning{.message = "a datagram of " + std::to_string(waiting.front().size()) +
                                  " bytes is lost",
                       .error = count.error()});
        m_input.sent(1);
        leave(peer->address, count.error());
        return {};
    }
    if (!count || *count == 0) {
        if (!count || m_socket.family() == AF_UNIX)
            m_pause = Deadline::after(send_pause);
        return {};
    }
    for (const auto& datagram : waiting.first(*count))
        peer->bytes_sent += datagram.size();
    peer->datagrams.sent += *count;
    m_input.sent(*count);
    m_last_moved = Clock::now();
    return {};
}

Result<> DatagramServer::watch_clocks()
{
    const auto now = Clock::now();
    if (m_plan.accept_timeout && m_summary.accepted == 0 && now - m_since >= *m_plan.accept_timeout)
        return Failure(nobody_came(m_local));
    const auto idle = m_plan.relay.idle_timeout;
    if (!idle || m_summary.accepted == 0)
        return {};
    if (!m_plan.keep_open && now - m_last_moved >= *idle)
        return Failure(idle_too_long(m_local));
    while (m_plan.keep_open && !m_peers.empty() && now - m_peers.oldest().last_spoke >= *idle) {
        const auto address = m_peers.oldest().address;
        leave(address, idle_too_long(address.unmapped()));
    }
    return {};
}

Deadline DatagramServer::next_deadline() const
{
    auto next = m_pause;
    if (m_plan.accept_timeout && m_summary.accepted == 0)
        next = sooner(next, Deadline::at(m_since + *m_plan.accept_timeout));
    const auto idle = m_plan.relay.idle_timeout;
    if (idle && m_plan.keep_open && !m_peers.empty())
        next = sooner(next, Deadline::at(m_peers.oldest().last_spoke + *idle));
    if (idle && !m_plan.keep_open && m_summary.accepted > 0)
        next = sooner(next, Deadline::at(m_last_moved + *idle));
    return next;
}

Endpoint DatagramServer::local_of(const DatagramPeer& peer) const
{
    if (peer.asked.family() == AF_UNSPEC)
        return m_local.unmapped();
    Endpoint local = peer.asked;
    local.set_port(static_cast<std::uint16_t>(m_local.port()));
    return local;
}

void DatagramServer::leave(const Endpoint& address, std::optional<Error> error)
{
    auto peer = m_peers.take(address);
    ListenClosed story;
    story.id = peer.id;
    story.peer = peer.address.unmapped();
    story.local = local_of(peer);
    story.traffic.bytes_sent = peer.bytes_sent;
    story.traffic.bytes_received = peer.bytes_received;
    story.traffic.stdin_eof = m_input.at_eof();
    story.traffic.datagrams = peer.datagrams;
    story.traffic.send_path = story.traffic.receive_path = DataPath::Copy;
    story.duration = Clock::now() - peer.since;
    story.payload = std::move(peer.kept);
    m_output.finish(story.payload);
    story.error = std::move(error);
    tell_closed(story, m_emit, m_summary);
}

} // namespace

Result<> serve_datagrams(OpLoop& loop, Acceptor& acceptor, const DatagramServerPlan& plan,
                         const PayloadPlan& payload, const Emit& emit, ListenSummary& summary)
{
    const auto destinations = TRY(Destinations::open(payload, emit));
    return DatagramServer(loop, acceptor, plan, DatagramOutput(payload, destinations, emit), emit,
                          summary)
        .run();
}

} // namespace sockit
