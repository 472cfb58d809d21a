#include "op/echo_client.h"
#include "op/echo_helpers.h"
#include "op/local_server.h"
#include "sock/limits.h"

#include <algorithm>

#include <sys/prctl.h>

namespace sockit {

namespace {

/// The first thread of a load: it has a worker like the others, and the signals and events of all.
class EchoLoadRun {
public:
    EchoLoadRun(const EchoClientPlan& plan, EchoRoute route, OpLoop& loop, const Emit& emit)
        : m_shared(plan, std::move(route)), m_loop(loop), m_emit(emit), m_helpers(m_shared),
          m_worker(m_shared, loop.poller(), 0, emit)
    {
        m_shared.all_stand = [this](const Socket* socket) { let_begin(socket); };
    }

    Result<EchoClientEnd> run();

private:
    static constexpr std::uint64_t helpers_token = EchoWorker::token_end;

    void let_begin(const Socket* socket);
    Result<> work();
    void watch_server();
    bool tell_intervals();

    EchoShared m_shared;
    OpLoop& m_loop;
    const Emit& m_emit;
    EchoHelpers m_helpers;
    EchoWorker m_worker;
    std::optional<pid_t> m_server; ///< its process, if it is on this machine
    std::optional<CpuTime> m_server_before;
};

/// The shares may be off by a tick of the kernel's clock; their sum is exact.
CpuTime spent(const CpuTime& before, const CpuTime& after)
{
    const Duration all = after.user + after.system - before.user - before.system;
    const Duration user = std::clamp(after.user - before.user, Duration::zero(), all);
    return {.user = user, .system = all - user};
}

std::optional<pid_t> local_server_at(const EchoRoute& route)
{
    for (const auto& endpoint : route.endpoints)
        if (const auto server = local_server_at(endpoint, socket_type(route.transport)))
            return server;
    return std::nullopt;
}

Result<EchoClientEnd> EchoLoadRun::run()
{
    if (m_shared.load.rate) // a message that is sent late counts as slow: no slack for our timers
        ::prctl(PR_SET_TIMERSLACK, 1UL);
    TRY(m_helpers.start(m_shared.load.threads - 1, m_loop.poller(), helpers_token, m_emit));
    TRY(work());
    m_worker.finish();
    m_helpers.stop();
    tell_intervals();
    EchoReport report = m_worker.take_report();
    TRY(m_helpers.add_to(report));
    if (const auto now = m_server_before ? cpu_time_of(*m_server) : std::nullopt)
        report.set_server_cpu(spent(*m_server_before, *now));
    return report.finish(m_loop, m_emit);
}

/// Looking for the server takes a while, and nothing is measured yet.
void EchoLoadRun::let_begin(const Socket* socket)
{
    m_server = socket != nullptr ? local_server_of(*socket) : local_server_at(m_shared.route);
    m_shared.begun = Clock::now().time_since_epoch().count();
    m_helpers.wake_all();
}

Result<> EchoLoadRun::work()
{
    m_worker.start(Clock::now());
    m_worker.tick(Clock::now());
    watch_server();
    while (!(m_worker.done() && m_helpers.done()) && !m_loop.stopped()) {
        for (const auto& ready : TRY(m_loop.wait(m_worker.next_wake()))) {
            if (ready.token == helpers_token)
                m_helpers.woken();
            else
                m_worker.handle(ready);
        }
        m_worker.tick(Clock::now());
        watch_server();
        if (m_shared.load.interval && !tell_intervals())
            break;
    }
    return {};
}

/// Its CPU time counts as long as ours.
void EchoLoadRun::watch_server()
{
    if (!m_worker.measuring() || !m_server || m_server_before)
        return;
    m_server_before = cpu_time_of(*m_server);
    if (!m_server_before)
        m_server.reset();
}

/// False: nobody reads them.
bool EchoLoadRun::tell_intervals()
{
    for (const auto& interval : m_shared.intervals.take_complete())
        if (!m_emit(interval))
            return false;
    return true;
}

} // namespace

Result<EchoClientEnd> echo_load(const EchoClientPlan& plan, const Emit& emit)
{
    raise_descriptor_limit();
    auto loop = TRY(OpLoop::open(plan.deadline));
    TRY(enter_sandbox(plan.sandbox));
    if (!emit(EchoStart{plan.target.text, echo_settings(plan)}))
        return EchoClientEnd{}; // nobody would read what we find
    auto route = TRY(find_route(loop, plan));
    if (route.endpoints.empty()) // the loop was stopped
        return EchoReport(plan).finish(loop, emit);
    return EchoLoadRun(plan, std::move(route), loop, emit).run();
}

} // namespace sockit
