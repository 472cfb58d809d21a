#include "op/echo_server.h"

#include "loop/poller.h"
#include "loop/signals.h"
#include "op/echo_peer.h"
#include "op/nodelay.h"
#include "sock/limits.h"

#include <span>
#include <vector>

namespace sockit {

namespace {

constexpr std::size_t buffer_size = 64UL * 1024;
constexpr int accepts_in_a_row = 64; ///< then those who are connected have their turn
constexpr auto shortage_pause = std::chrono::milliseconds(100);

constexpr std::uint64_t listener_token = ~0ULL;
constexpr std::uint64_t signals_token = ~0ULL - 1;

class EchoServer {
public:
    EchoServer(const EchoServerPlan& plan, const Emit& emit, Acceptor acceptor, Poller poller,
               Signals signals)
        : m_plan(plan), m_emit(emit), m_acceptor(std::move(acceptor)), m_poller(std::move(poller)),
          m_signals(std::move(signals)), m_buffer(buffer_size)
    {}

    Result<std::optional<int>> run(std::span<const Event> early);

private:
    enum class Accepting : std::uint8_t {
        Yes,
        Full,     ///< as many peers as allowed: not before one leaves
        Shortage, ///< of descriptors or memory: not before one leaves, or a while
    };

    Result<bool> handle(const Ready& ready);
    Result<> accept_some();
    Result<> admit(Accepted accepted);
    void set_options(const Socket& socket, bool first);
    Result<> pause(Accepting why);
    Result<> resume();
    Result<> serve(const Ready& ready);
    Result<> close(std::uint32_t slot, bool by_peer, std::optional<Error> error);
    [[nodiscard]] std::uint64_t token_of(std::uint32_t slot) const;
    [[nodiscard]] std::uint64_t connected() const { return m_summary.accepted - m_summary.closed; }
    [[nodiscard]] bool full() const
    {
        const auto most = m_plan.listener.max_connections;
        return most && connected() >= *most;
    }
    void tell(const Event& event) { m_output_open = m_emit(event) && m_output_open; }
    void summarize();

    const EchoServerPlan& m_plan;
    const Emit& m_emit;
    Acceptor m_acceptor;
    Poller m_poller;
    Signals m_signals;
    std::vector<std::byte> m_buffer; ///< shared: nothing stays in it between two peers
    std::vector<EchoPeer> m_peers;
    std::vector<std::uint32_t> m_free; ///< slots of m_peers
    Accepting m_accepting = Accepting::Yes;
    Deadline m_resume_at;
    bool m_shortage_told = false;
    bool m_output_open = true;
    std::optional<int> m_signal;
    EchoServerSummary m_summary;
};

/// `early`: what happened before we were ready.
Result<std::optional<int>> EchoServer::run(std::span<const Event> early)
{
    tell(ServerReady{m_acceptor.local(), std::chrono::system_clock::now()});
    for (const auto& event : early)
        tell(event);
    TRY(m_acceptor.announce());
    TRY(m_poller.add(m_acceptor.ref(), listener_token, {.read = true}));
    TRY(m_poller.add(m_signals.ref(), signals_token, {.read = true}));
    const auto deadline = Deadline::after(m_plan.deadline);
    bool more = true;
    while (more && m_output_open) {
        const auto ready = TRY(m_poller.wait(sooner(deadline, m_resume_at)));
        for (const auto& one : ready)
            more = TRY(handle(one)) && more;
        if (m_accepting == Accepting::Shortage && m_resume_at.passed())
            TRY(resume());
        if (deadline.passed() && more) {
            m_summary.stopped_by = "deadline";
            more = false;
        }
    }
    m_acceptor.close();
    summarize();
    return m_signal;
}

/// False: time to stop.
Result<bool> EchoServer::handle(const Ready& ready)
{
    if (ready.token == signals_token) {
        m_signal = m_signals.take();
        if (m_signal)
            m_summary.stopped_by = Signals::name(*m_signal);
        return !m_signal.has_value();
    }
    if (ready.token == listener_token)
        TRY(accept_some());
    else
        TRY(serve(ready));
    return true;
}

Result<> EchoServer::accept_some()
{
    for (int i = 0; i < accepts_in_a_row && m_accepting == Accepting::Yes; ++i) {
        auto accepted = m_acceptor.accept();
        if (!accepted) {
            if (!m_shortage_told)
                tell(Warning{"accepting pauses until a connection ends, or 100 ms",
                             std::move(accepted).error()});
            m_shortage_told = true;
            return pause(Accepting::Shortage);
        }
        if (!*accepted)
            break;
        TRY(admit(*std::move(*accepted)));
    }
    return {};
}

Result<> EchoServer::admit(Accepted accepted)
{
    const std::uint64_t id = ++m_summary.accepted;
    if (m_plan.tell_peers) {
        const auto local = accepted.socket.local();
        tell(PeerAccepted{.id = id,
                          .peer = accepted.peer,
                          .local = local ? *local : m_acceptor.local(),
                          .time = std::chrono::system_clock::now()});
    }
    if (!m_plan.listener.socket.sockopts.empty())
        set_options(accepted.socket, id == 1);
    if (m_free.empty()) {
        m_free.push_back(static_cast<std::uint32_t>(m_peers.size()));
        m_peers.emplace_back();
    }
    const std::uint32_t slot = m_free.back();
    m_free.pop_back();
    m_peers[slot] = EchoPeer(std::move(accepted.socket), id, Clock::now());
    const auto added = m_poller.add(m_peers[slot].ref(), token_of(slot), {.read = true});
    if (!added)
        TRY(close(slot, false, added.error()));
    return full() ? pause(Accepting::Full) : Result<>();
}

/// Those that accept() does not hand on. What the first peer's tell holds for all.
void EchoServer::set_options(const Socket& socket, bool first)
{
    const Emit silent = [](const Event&) { return true; };
    const auto applied = apply_options(socket, m_plan.listener.socket, SockoptPhase::Accepted,
                                       first ? m_emit : silent);
    if (!applied && first)
        tell(Warning{"", applied.error()});
}

/// The listener leaves the loop, so that its readiness does not make us spin.
Result<> EchoServer::pause(Accepting why)
{
    m_poller.remove(m_acceptor.ref());
    m_accepting = why;
    if (why == Accepting::Shortage)
        m_resume_at = Deadline::after(shortage_pause);
    return {};
}

Result<> EchoServer::resume()
{
    TRY(m_poller.add(m_acceptor.ref(), listener_token, {.read = true}));
    m_accepting = Accepting::Yes;
    m_resume_at = {};
    return {};
}

Result<> EchoServer::serve(const Ready& ready)
{
    const auto slot = static_cast<std::uint32_t>(ready.token);
    EchoPeer& peer = m_peers[slot];
    if (!peer.in_use() || token_of(slot) != ready.token)
        return {}; // left earlier in this round
    const bool was_writing = peer.writing();
    const auto received = peer.received();
    auto state = peer.serve(m_buffer);
    m_summary.messages += peer.received() != received ? 1 : 0;
    if (!state)
        return close(slot, true, std::move(state).error());
    if (*state == EchoPeer::State::Ended)
        return close(slot, true, std::nullopt);
    if (peer.writing() != was_writing)
        TRY(m_poller.modify(peer.ref(), ready.token, {.read = was_writing, .write = !was_writing}));
    return {};
}

/// What was sent is delivered by the kernel: at the peer's end nothing of it is unread.
Result<> EchoServer::close(std::uint32_t slot, bool by_peer, std::optional<Error> error)
{
    EchoPeer& peer = m_peers[slot];
    ++m_summary.closed;
    m_summary.errors += error ? 1 : 0;
    m_summary.bytes_received += peer.received();
    m_summary.bytes_sent += peer.sent();
    if (m_plan.tell_peers)
        tell(PeerClosed{.id = peer.id(),
                        .bytes_received = peer.received(),
                        .bytes_sent = peer.sent(),
                        .duration = Clock::now() - peer.since(),
                        .closed_first_by_peer = by_peer,
                        .error = std::move(error)});
    m_poller.remove(peer.ref());
    peer = {};
    m_free.push_back(slot);
    return m_accepting == Accepting::Yes ? Result<>() : resume();
}

/// The slot, and the low half of the connection's number to tell its tenants apart.
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
    tell(m_summary);
}

} // namespace

Result<std::optional<int>> echo_server(const EchoServerPlan& plan, const Emit& emit)
{
    raise_descriptor_limit();
    auto signals = TRY(Signals::open());
    std::vector<Event> early; // `ready` is the first record
    auto acceptor = TRY(Acceptor::open(plan.listener, [&](const Event& event) {
        early.push_back(event);
        return true;
    }));
    set_nodelay(acceptor.socket(), plan.listener.socket);
    EchoServer server(plan, emit, std::move(acceptor), TRY(Poller::open()), std::move(signals));
    return server.run(early);
}

} // namespace sockit
