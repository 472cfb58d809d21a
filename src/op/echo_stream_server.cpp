#include "op/echo_stream_server.h"

#include "loop/poller_thread.h"
#include "op/echo_streams.h"
#include "op/nodelay.h"
#include "op/op_loop.h"
#include "sock/limits.h"

#include <algorithm>
#include <deque>

namespace sockit {

namespace {

/// A thread beside the first one.
struct EchoThread {
    explicit EchoThread(PollerThread own_loop) : loop(std::move(own_loop)) {}

    PollerThread loop;
    std::unique_ptr<EchoStreams> streams;
    Result<> result;
};

/// If it is what woke us: a system call that no busy round should pay for.
void clear(const Wakeup& wakeup, std::span<const Ready> ready)
{
    if (std::ranges::find(ready, EchoStreams::wake_token, &Ready::token) != ready.end())
        wakeup.clear();
}

class EchoStreamServer {
public:
    EchoStreamServer(const EchoServerPlan& plan, const Emit& emit,
                     const std::optional<TlsContext>& tls, OpLoop& loop)
        : m_loop(loop), m_shared(plan, emit, tls)
    {}
    EchoStreamServer(const EchoStreamServer&) = delete;
    EchoStreamServer& operator=(const EchoStreamServer&) = delete;
    ~EchoStreamServer() { stop(); }

    Result<> run(std::deque<Acceptor>& acceptors);

private:
    Result<> start(std::deque<Acceptor>& acceptors);
    Result<> serve_first();
    Result<> serve(EchoThread& thread);
    void stop();
    void summarize();

    OpLoop& m_loop;
    EchoStreamsShared m_shared;
    std::unique_ptr<EchoStreams> m_first;
    std::optional<Wakeup> m_first_wakeup; ///< where there are other threads
    std::deque<EchoThread> m_threads;
};

Result<> EchoStreamServer::run(std::deque<Acceptor>& acceptors)
{
    TRY(start(acceptors));
    const auto served = serve_first();
    stop();
    TRY(served);
    for (const auto& thread : m_threads)
        TRY(thread.result);
    summarize();
    return {};
}

/// All of them are there before the first one runs: what they share does not change then.
Result<> EchoStreamServer::start(std::deque<Acceptor>& acceptors)
{
    const auto acceptor_of = [&](std::size_t i) -> Acceptor& {
        return acceptors[std::min(i, acceptors.size() - 1)];
    };
    m_first = make_echo_streams(m_shared, m_loop.poller(), acceptor_of(0));
    const auto others = m_shared.plan().threads - 1;
    if (others > 0) {
        m_first_wakeup = TRY(Wakeup::open());
        TRY(m_loop.poller().add(m_first_wakeup->ref(), EchoStreams::wake_token, {.read = true}));
        m_shared.add_thread(*m_first_wakeup);
    }
    for (std::uint64_t i = 0; i < others; ++i) {
        EchoThread& thread =
            m_threads.emplace_back(TRY(PollerThread::open(EchoStreams::wake_token)));
        m_shared.add_thread(thread.loop.wakeup());
        thread.streams = make_echo_streams(m_shared, thread.loop.poller(), acceptor_of(i + 1));
    }
    for (auto& thread : m_threads)
        TRY(thread.loop.start([this, &thread] {
            thread.result = serve(thread);
            if (!thread.result)
                m_shared.stop();
        }));
    return {};
}

Result<> EchoStreamServer::serve_first()
{
    while (!m_loop.stopped() && !m_shared.stopped()) {
        TRY(m_first->prepare());
        const auto ready = TRY(m_loop.wait(m_first->next()));
        if (m_first_wakeup)
            clear(*m_first_wakeup, ready);
        TRY(m_first->handle(ready));
    }
    return {};
}

Result<> EchoStreamServer::serve(EchoThread& thread)
{
    while (!m_shared.stopped()) {
        TRY(thread.streams->prepare());
        const auto ready = TRY(thread.loop.poller().wait(thread.streams->next()));
        clear(thread.loop.wakeup(), ready);
        TRY(thread.streams->handle(ready));
    }
    return {};
}

void EchoStreamServer::stop()
{
    m_shared.stop();
    for (auto& thread : m_threads)
        thread.loop.join();
}

void EchoStreamServer::summarize()
{
    EchoServerSummary sum = m_first->finish();
    for (const auto& thread : m_threads) {
        const auto part = thread.streams->finish();
        sum.closed += part.closed;
        sum.errors += part.errors;
        sum.messages += part.messages;
        sum.bytes_received += part.bytes_received;
        sum.bytes_sent += part.bytes_sent;
        add(sum.faults, part.faults);
    }
    sum.accepted = m_shared.room().accepted();
    sum.stopped_by = m_loop.stopped_by();
    m_shared.tell(sum);
}

/// One for each thread, if they can have the same port.
Result<std::deque<Acceptor>> open_acceptors(const EchoServerPlan& plan)
{
    std::deque<Acceptor> acceptors;
    acceptors.push_back(TRY(Acceptor::open(plan.listener)));
    const Acceptor& first = acceptors.front();
    if (plan.threads == 1 || plan.listener.passed || !first.local().is_inet())
        return acceptors;
    // Not before it is bound: a port that somebody else has is not for sharing.
    TRY(first.socket().set_option(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"));
    ListenerPlan beside = plan.listener;
    beside.target.any_address = false;
    beside.target.endpoint = first.local();
    beside.reuseport = true;
    beside.ready_fd.reset();
    while (acceptors.size() < plan.threads)
        acceptors.push_back(TRY(Acceptor::open(beside)));
    return acceptors;
}

} // namespace

Result<std::optional<int>> serve_streams(const EchoServerPlan& plan, const Emit& emit)
{
    raise_descriptor_limit();
    std::optional<TlsContext> tls;
    if (plan.tls)
        tls = TRY(TlsContext::server(*plan.tls));
    auto loop = TRY(OpLoop::open(plan.deadline));
    auto acceptors = TRY(open_acceptors(plan));
    TRY(enter_sandbox(plan.sandbox));
    for (const auto& acceptor : acceptors)
        set_nodelay(acceptor.socket(), plan.listener.socket);
    if (TRY(acceptors.front().announce(emit)))
        TRY(EchoStreamServer(plan, emit, tls, loop).run(acceptors));
    return loop.signal();
}

} // namespace sockit
