#include "op/probe.h"

#include "op/op_loop.h"
#include "op/probe_extent.h"
#include "op/probe_helpers.h"
#include "op/probe_trace_run.h"
#include "op/probe_worker.h"
#include "sock/limits.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include <sys/resource.h>

namespace sockit {

namespace {

constexpr auto lookup_token =
    std::numeric_limits<std::uint64_t>::max() - 1; // the last is the loop's
constexpr auto wake_token = lookup_token - 1;

/// How much may be under way at the same time.
struct Room {
    std::size_t tasks;
    std::size_t lookups;
};

/// What the limit of descriptors leaves beside our own and those of the resolver, which under
/// pressure fails in ways that look like answers (EAI_AGAIN).
Room find_room(std::optional<std::size_t> wanted)
{
    constexpr std::size_t customary = 1000;
    constexpr std::size_t reserved = 32;
    raise_descriptor_limit();
    rlimit limit{.rlim_cur = customary + reserved, .rlim_max = 0};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto all = static_cast<std::size_t>(limit.rlim_cur);
    const bool narrow = all < 2 * reserved;
    const std::size_t most = narrow ? std::max<std::size_t>(1, all / 2) : all - reserved;
    return {.tasks = std::min(wanted.value_or(customary), most), .lookups = narrow ? 2UL : 16UL};
}

/// One run: this thread asks for names, listens for signals, and probes as the others do.
class Probing {
public:
    Probing(const ProbePlan& plan, const Emit& emit, OpLoop& loop, Room room,
            std::optional<TlsContext> tls);

    Result<ProbeEnd> to_end();

private:
    Result<> run();
    void refresh();
    Result<> handle(const Ready& ready);
    Result<> stop();
    void conclude_at_deadline();

    const ProbePlan& m_plan;
    const Emit& m_emit;
    OpLoop& m_loop;
    std::size_t m_total;
    Lookups m_lookups;
    ProbeQueue m_queue;
    ProbeLedger m_ledger;
    std::size_t m_at_once;
    std::size_t m_threads;
    std::size_t m_room; ///< of each thread
    ProbeShared m_shared;
    ProbeWorker m_worker;
    ProbeHelpers m_helpers;
};

std::size_t count_targets(const ProbePlan& plan)
{
    std::size_t total = 0;
    for (const auto& group : plan.targets)
        total += group.size();
    return total;
}

/// Whether the connections are of interest only until they stand: then those to open ports need not
/// leave TIME-WAIT behind, while a service that is asked for alone should see a proper end.
bool is_scan(const ProbePlan& plan, std::size_t targets)
{
    return targets > 1 && !plan.rounds.count && !plan.rounds.wait && !plan.talk.dialogue.wanted() &&
           !plan.talk.tls && !plan.talk.banner && !plan.talk.settle;
}

/// Tries of one target know of each other: these runs are one thread's.
std::size_t find_threads(const ProbePlan& plan, std::size_t at_once)
{
    const bool repeated = plan.rounds.count || plan.rounds.wait;
    return repeated ? 1 : std::clamp<std::size_t>(plan.threads, 1, at_once);
}

Probing::Probing(const ProbePlan& plan, const Emit& emit, OpLoop& loop, Room room,
                 std::optional<TlsContext> tls)
    : m_plan(plan), m_emit(emit), m_loop(loop), m_total(count_targets(plan)),
      m_lookups(loop.poller(), {.family = plan.socket.family,
                                .timeout = plan.timeout,
                                .at_once = room.lookups,
                                .token = lookup_token}),
      m_queue(plan.targets, m_lookups, {.each_address = plan.each_address, .rate = plan.rate}),
      m_ledger(plan, m_queue, emit, m_total),
      m_at_once(plan.each_address ? room.tasks : std::min(room.tasks, m_ledger.most_at_once())),
      m_threads(find_threads(plan, m_at_once)), m_room(m_at_once / m_threads),
      m_shared{.plan = plan,
               .queue = m_queue,
               .ledger = m_ledger,
               .tls = std::move(tls),
               .encounters = {},
               .many_threads = m_threads > 1,
               .reset_when_open = is_scan(plan, m_total)},
      m_worker(m_shared, loop.poller(), m_room), m_helpers(m_shared)
{}

Result<ProbeEnd> Probing::to_end()
{
    const auto started = Clock::now();
    const bool open = m_emit(ProbeStarted{.targets = m_total,
                                          .parallel = m_room * m_threads,
                                          .timeout = m_plan.timeout,
                                          .want = m_plan.want,
                                          .each_address = m_plan.each_address});
    warn_of_wide_ranges(m_plan.targets, m_emit);
    if (open) {
        TRY(m_helpers.start(m_threads - 1, m_room, m_loop.poller(), wake_token));
        TRY(run());
        TRY(stop());
    }
    m_ledger.close();
    ProbeEnd& end = m_ledger.end();
    ProbeSummary& summary = end.summary;
    summary.unfinished = summary.total - summary.ok - summary.failed;
    summary.requeued = m_shared.requeued;
    summary.duration = Clock::now() - started;
    end.signal = m_loop.signal();
    m_emit(summary);
    return std::move(end);
}

Result<> Probing::run()
{
    while (true) {
        m_lookups.proceed(m_shared.held > 0);
        refresh();
        TRY(m_worker.begin_some());
        m_worker.settle(false);
        if (m_threads == 1)
            m_ledger.show();
        if (m_ledger.is_over() || m_helpers.failed() || m_loop.stopped())
            return {};
        const auto news = TRY(m_loop.wait(sooner(m_worker.next_wake(), m_lookups.wake_at())));
        if (m_loop.signal())
            return {};
        for (const auto& ready : news)
            TRY(handle(ready));
        TRY(m_worker.expire());
    }
}

/// Takes notice of names that were resolved.
void Probing::refresh()
{
    if (!m_queue.refresh())
        return;
    m_ledger.expect(m_queue.size() - m_total);
    m_total = m_queue.size();
    m_helpers.wake();
}

Result<> Probing::handle(const Ready& ready)
{
    if (ready.token < ProbeWorker::token_end)
        return m_worker.handle(ready);
    if (ready.token == wake_token)
        m_helpers.woken();
    return {}; // news of names are taken at the head of the loop
}

Result<> Probing::stop()
{
    const bool at_deadline = m_loop.deadline_passed() && !m_ledger.is_over();
    if (m_loop.stopped())
        m_ledger.stop();
    m_helpers.stop(at_deadline);
    TRY(m_helpers.result());
    if (m_loop.signal() || (at_deadline && ends_at_deadline(m_plan)))
        m_ledger.end().summary.stopped_by = m_loop.stopped_by();
    if (at_deadline)
        conclude_at_deadline();
    m_worker.settle(true);
    return {};
}

/// What is under way ends as it stands; of what was not begun nothing is known.
void Probing::conclude_at_deadline()
{
    m_worker.abandon_all();
    m_lookups.give_up();
    refresh();
    while (auto item = m_queue.take_unresolved())
        m_worker.conclude_unresolved(*std::move(item));
    m_ledger.tell_vain();
}

} // namespace

Result<ProbeEnd> probe(const ProbePlan& plan, const Emit& emit)
{
    auto loop = TRY(OpLoop::open(run_limit(plan)));
    TRY(enter_sandbox(plan.sandbox));
    if (plan.trace)
        return trace_targets(plan, emit, loop);
    std::optional<TlsContext> tls;
    if (plan.talk.tls)
        tls = TRY(TlsContext::client(*plan.talk.tls));
    // Half a megabyte with what the threads share of ports: not for the stack.
    return std::make_unique<Probing>(plan, emit, loop, find_room(plan.parallel), std::move(tls))
        ->to_end();
}

} // namespace sockit
