#include "op/echo_server.h"

#include "op/admission.h"
#include "op/echo_datagram.h"
#include "op/echo_peer.h"
#include "op/nodelay.h"
#include "op/op_loop.h"
#include "sock/limits.h"

#include <vector>

namespace sockit {

namespace {

class EchoServer {
public:
    EchoServer(const EchoServerPlan& plan, const Emit& emit, OpLoop& loop, Acceptor& acceptor)
        : m_plan(plan), m_emit(emit), m_loop(loop),
          m_door(loop.poller(), acceptor, listener_token, plan.listener.max_connections,
                 plan.listener.access, m_door_emit),
          m_buffer(buffer_size)
    {}

    Result<> run();

private:
    static constexpr std::uint64_t listener_token = ~0ULL - 1; // the last one is the loop's own
    static constexpr std::size_t buffer_size = 64UL * 1024;

    Result<> accept_some();
    Result<> set_options(const Socket& socket, bool first);
    Result<> serve(const Ready& ready);
    void close(std::uint32_t slot, bool by_peer, std::optional<Error> error);
    [[nodiscard]] std::uint64_t token_of(std::uint32_t slot) const;
    bool tell(const Event& event) { return m_output_open = m_emit(event) && m_output_open; }
    void summarize();

    const EchoServerPlan& m_plan;
    const Emit& m_emit;
    const Emit m_door_emit = [this](const Event& event) { return tell(event); };
    OpLoop& m_loop;
    Admission m_door;
    std::vector<std::byte> m_buffer; ///< shared: nothing stays in it between two peers
    std::vector<EchoPeer> m_peers;
    std::vector<std::uint32_t> m_free; ///< slots of m_peers
    bool m_output_open = true;
    EchoServerSummary m_summary;
};

Result<> EchoServer::run()
{
    while (!m_loop.stopped() && m_output_open) {
        TRY(m_door.update());
        const auto ready = TRY(m_loop.wait(m_door.retry()));
        for (const auto& one : ready)
            TRY(one.token == listener_token ? accept_some() : serve(one));
    }
    m_door.close();
    summarize();
    return {};
}

Result<> EchoServer::accept_some()
{
    for (int i = 0; i < Admission::accepts_in_a_row; ++i) {
        Socket socket;
        const auto accepted = TRY(m_door.next(socket));
        if (!accepted)
            break;
        if (m_plan.tell_peers)
            tell(*accepted);
        if (!m_plan.listener.socket.sockopts.empty())
            TRY(set_options(socket, accepted->id == 1));
        if (m_free.empty()) {
            m_free.push_back(static_cast<std::uint32_t>(m_peers.size()));
            m_peers.emplace_back();
        }
        const std::uint32_t slot = m_free.back();
        m_free.pop_back();
        m_peers[slot] = EchoPeer(std::move(socket), accepted->id, Clock::now());
        if (auto added = m_loop.poller().add(m_peers[slot].ref(), token_of(slot), {.read = true});
            !added)
            close(slot, false, std::move(added).error());
    }
    return {};
}

/// Those that accept() does not hand on. What the first peer's tell holds for all.
Result<> EchoServer::set_options(const Socket& socket, bool first)
{
    const auto applied = apply_options(socket, m_plan.listener.socket, SockoptPhase::Accepted);
    if (!applied && m_plan.listener.socket.strict)
        return Failure(applied.error());
    if (!first)
        return {};
    if (applied)
        tell_options(*applied, m_emit);
    else
        tell(Warning{.message = {}, .error = applied.error()});
    return {};
}

Result<> EchoServer::serve(const Ready& ready)
{
    const auto slot = static_cast<std::uint32_t>(ready.token);
    if (slot >= m_peers.size() || token_of(slot) != ready.token)
        return {}; // a signal, or a peer that left earlier in this round
    EchoPeer& peer = m_peers[slot];
    const bool was_writing = peer.writing();
    const auto received = peer.received();
    auto state = peer.serve(m_buffer);
    m_summary.messages += peer.received() != received ? 1 : 0;
    if (!state)
        close(slot, true, std::move(state).error());
    else if (*state == EchoPeer::State::Ended)
        close(slot, true, std::nullopt);
    else if (peer.writing() != was_writing)
        return m_loop.poller().modify(peer.ref(), ready.token,
                                      {.read = was_writing, .write = !was_writing});
    return {};
}

/// What was sent is delivered by the kernel: at the peer's end nothing of it is unread.
void EchoServer::close(std::uint32_t slot, bool by_peer, std::optional<Error> error)
{
    EchoPeer& peer = m_peers[slot];
    ++m_summary.closed;
    m_summary.errors += error ? 1 : 0;
    m_summary.bytes_received += peer.received();
    m_summary.bytes_sent += peer.sent();
    if (error)
        error->subject = "connection " + std::to_string(peer.id());
    if (m_plan.tell_peers)
        tell(PeerClosed{.id = peer.id(),
                        .bytes_received = peer.received(),
                        .bytes_sent = peer.sent(),
                        .duration = Clock::now() - peer.since(),
                        .closed_first_by_peer = by_peer,
                        .error = std::move(error)});
    m_loop.poller().remove(peer.ref());
    peer = {};
    m_free.push_back(slot);
    m_door.left();
    if (m_door.inside() == 0) { // what thousands needed is given back
        m_peers.clear();
        m_peers.shrink_to_fit();
        m_free.clear();
        m_free.shrink_to_fit();
    }
}

/// The slot, and the low half of the connection's number to tell its tenants apart; nobody's slot
/// has number 0.
std::uint64_t EchoServer::token_of(std::uint32_t slot) const
{
    return m_peers[slot].id() << 32U | slot;
}

void EchoServer::summarize()
{
    for (const auto& peer : m_peers) {
        m_summary.bytes_received += peer.received();
        m_summary.bytes_sent += peer.sent();
    }
    m_summary.accepted = m_door.accepted();
    m_summary.stopped_by = m_loop.stopped_by();
    tell(m_summary);
}

} // namespace

Result<std::optional<int>> echo_server(const EchoServerPlan& plan, const Emit& emit)
{
    raise_descriptor_limit();
    auto loop = TRY(OpLoop::open(plan.deadline));
    auto listener = plan.listener;
    listener.reuseport = listener.reuseport || plan.threads > 1;
    auto acceptor = TRY(Acceptor::open(listener));
    if (acceptor.socket().type() == SOCK_DGRAM) {
        TRY(echo_datagrams(loop, acceptor, plan, emit));
        return loop.signal();
    }
    set_nodelay(acceptor.socket(), plan.listener.socket);
    if (TRY(acceptor.announce(emit)))
        TRY(EchoServer(plan, emit, loop, acceptor).run());
    return loop.signal();
}

} // namespace sockit
