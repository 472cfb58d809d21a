#include "op/probe.h"

#include "loop/timers.h"
#include "op/op_loop.h"
#include "op/probe_extent.h"
#include "op/probe_queue.h"
#include "op/probe_rounds.h"
#include "op/probe_task.h"
#include "sock/limits.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <sys/resource.h>

namespace sockit {

namespace {

constexpr auto lookup_token =
    std::numeric_limits<std::uint64_t>::max() - 1; // the last is the loop's
/// So many are begun between two looks at what is under way.
constexpr std::size_t begun_at_once = 64;

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

bool holds_socket(ProbeTask::Wait wait)
{
    return wait == ProbeTask::Wait::Writable || wait == ProbeTask::Wait::Readable;
}

/// One run: the loop over all that is under way.
class Probing {
public:
    Probing(const ProbePlan& plan, const Emit& emit, OpLoop& loop, Room room,
            std::optional<TlsContext> tls);

    Result<ProbeEnd> to_end();

private:
    using Step = ProbeTask::Step;
    using Wait = ProbeTask::Wait;
    using Said = std::variant<Warning, Note>;

    struct Watch {
        Wait wait = Wait::Nothing;
        std::uint32_t serial = 0; ///< of the task's socket that the Poller knows
        ProbeQueue::Item item;    ///< what the task is about
    };

    Result<> begin_some();
    Result<> handle(const Ready& ready);
    Result<> expire();
    void stop_at_deadline();
    Result<> take(std::size_t index, const Step& step);
    Result<> watch(std::size_t index, Wait wait);
    void release(std::size_t index);
    void finish(std::size_t index);
    void forget(std::size_t number);
    void follow(ProbeQueue::Item& item, Clock::time_point due);
    void conclude(ProbeQueue::Item item, ProbeResult result);
    void tell(ProbeResult result);
    bool emit_once(const Event& event);
    bool is_new(const Said& said);
    [[nodiscard]] bool can_begin() const;
    [[nodiscard]] bool is_done() const
    {
        return m_queue.exhausted() && m_free.size() == m_tasks.size();
    }
    [[nodiscard]] Deadline next_wake() const;
    [[nodiscard]] ProbeRun context();

    const ProbePlan& m_plan;
    const Emit& m_emit;
    const Emit m_emit_once; ///< drops what was said of an earlier socket already
    OpLoop& m_loop;
    Lookups m_lookups;
    ProbeQueue m_queue;
    ProbeRounds m_rounds;
    const std::optional<TlsContext> m_tls;
    std::vector<ProbeTask> m_tasks;
    std::vector<Watch> m_watches; ///< one a task
    std::vector<std::size_t> m_free;
    Timers m_timers;           ///< by index of the task
    std::size_t m_typed = 0;   ///< targets, without what --each-address adds
    std::size_t m_watched = 0; ///< sockets under way
    bool m_short = false;      ///< of descriptors: begin nothing until something ends
    bool m_stop = false;
    std::vector<Said> m_said;
    ProbeEnd m_end;
};

Probing::Probing(const ProbePlan& plan, const Emit& emit, OpLoop& loop, Room room,
                 std::optional<TlsContext> tls)
    : m_plan(plan), m_emit(emit),
      m_emit_once([this](const Event& event) { return emit_once(event); }), m_loop(loop),
      m_lookups(loop.poller(), {.family = plan.socket.family,
                                .timeout = plan.timeout,
                                .at_once = room.lookups,
                                .token = lookup_token}),
      m_queue(plan.targets, m_lookups, plan.each_address), m_rounds(plan), m_tls(std::move(tls))
{
    for (const auto& group : plan.targets)
        m_typed += group.size();
    m_end.summary.total = m_typed;
    const auto count =
        plan.each_address ? room.tasks : std::min(room.tasks, m_rounds.most_at_once(m_typed));
    m_tasks.resize(count);
    m_watches.resize(count);
    for (std::size_t index = count; index > 0; --index)
        m_free.push_back(index - 1);
}

Result<ProbeEnd> Probing::to_end()
{
    const auto started = Clock::now();
    m_stop = !m_emit(ProbeStarted{.targets = m_end.summary.total,
                                  .parallel = m_tasks.size(),
                                  .timeout = m_plan.timeout,
                                  .want = m_plan.want});
    warn_of_wide_ranges(m_plan.targets, m_emit);
    while (!m_stop) {
        m_lookups.proceed(m_watched > 0);
        m_queue.refresh();
        m_end.summary.total = m_typed + m_queue.added();
        TRY(begin_some());
        m_rounds.show(m_emit);
        if (is_done() || m_rounds.enough())
            break;
        const auto news = TRY(m_loop.wait(next_wake()));
        if (m_loop.signal())
            break;
        for (const auto& ready : news)
            TRY(handle(ready));
        TRY(expire());
        if (m_loop.deadline_passed() && !m_stop && !is_done())
            stop_at_deadline();
    }
    ProbeSummary& summary = m_end.summary;
    m_rounds.finish(m_emit, summary);
    summary.unfinished = summary.total - summary.ok - summary.failed;
    summary.duration = Clock::now() - started;
    m_end.signal = m_loop.signal();
    if (m_end.signal)
        summary.stopped_by = m_loop.stopped_by();
    m_emit(summary);
    return m_end;
}

bool Probing::can_begin() const
{
    return !m_stop && !m_short && !m_free.empty() && m_queue.has_next();
}

Result<> Probing::begin_some()
{
    for (std::size_t i = 0; i < begun_at_once && can_begin(); ++i) {
        auto item = *m_queue.next();
        if (const auto due = m_rounds.begun(item.number, item.attempt))
            follow(item, *due);
        const auto index = m_free.back();
        m_free.pop_back();
        auto& task = m_tasks[index];
        m_watches[index].item = std::move(item);
        const auto& asked = m_watches[index].item;
        TRY(take(index, task.begin(asked.target, *asked.answer, context())));
    }
    return {};
}

Deadline Probing::next_wake() const
{
    if (m_stop || can_begin())
        return Deadline::at(Clock::now());
    return sooner(sooner(m_lookups.wake_at(), m_timers.next()), m_queue.next_due());
}

Result<> Probing::handle(const Ready& ready)
{
    const auto index = static_cast<std::size_t>(ready.token & 0xffffffffU);
    if (m_stop || ready.token >= lookup_token || !holds_socket(m_watches[index].wait) ||
        m_watches[index].serial != ready.token >> 32U)
        return {}; // news of names are taken at the head of the loop
    return take(index, m_tasks[index].ready(context()));
}

Result<> Probing::expire()
{
    const auto now = Clock::now();
    while (!m_stop) {
        const auto index = m_timers.expired(now);
        if (!index)
            break;
        TRY(take(*index, m_tasks[*index].expired(context())));
    }
    return {};
}

/// What is under way ends as it stands; of what was not begun nothing is known.
void Probing::stop_at_deadline()
{
    m_rounds.stop();
    if (ends_at_deadline(m_plan))
        m_end.summary.stopped_by = m_loop.stopped_by();
    for (std::size_t index = 0; index < m_tasks.size(); ++index) {
        if (m_watches[index].wait == Wait::Nothing)
            continue;
        m_tasks[index].abandon();
        finish(index);
    }
    m_lookups.give_up();
    m_queue.refresh();
    while (auto item = m_queue.next()) {
        if (item->answer->addresses || m_stop)
            continue;
        m_watches[0].item = *std::move(item);
        const auto& asked = m_watches[0].item;
        m_tasks[0].begin(asked.target, *asked.answer, context());
        finish(0);
    }
    for (auto& result : m_rounds.vain())
        tell(std::move(result));
    m_stop = true;
}

/// Arranges for what the task waits for.
Result<> Probing::take(std::size_t index, const Step& step)
{
    if (step.wait == Wait::Nothing) {
        finish(index);
        return {};
    }
    m_short = m_short || step.shortage;
    if (step.another)
        follow(m_watches[index].item, Clock::now());
    m_timers.set(index, step.until);
    return watch(index, step.wait);
}

Result<> Probing::watch(std::size_t index, Wait wait)
{
    const ProbeTask& task = m_tasks[index];
    Watch& watch = m_watches[index];
    m_watched -= holds_socket(watch.wait) ? 1U : 0U;
    watch.wait = wait;
    if (!holds_socket(wait))
        return {};
    ++m_watched;
    const Interest interest{.read = wait == Wait::Readable, .write = wait == Wait::Writable};
    const auto token = (std::uint64_t{task.serial()} << 32U) | index;
    if (watch.serial == task.serial())
        return m_loop.poller().modify(task.ref(), token, interest);
    watch.serial = task.serial();
    return m_loop.poller().add(task.ref(), token, interest);
}

/// Queues the next try of the target, which does not wait for the end of this one.
void Probing::follow(ProbeQueue::Item& item, Clock::time_point due)
{
    auto next = item;
    ++next.attempt;
    m_queue.again(std::move(next), due);
    item.followed = true;
}

/// The task is free for another target.
void Probing::release(std::size_t index)
{
    m_tasks[index].close();
    m_watched -= holds_socket(m_watches[index].wait) ? 1U : 0U;
    m_watches[index].wait = Wait::Nothing;
    m_timers.set(index, {});
    m_free.push_back(index);
    m_short = false;
}

void Probing::finish(std::size_t index)
{
    release(index);
    conclude(std::move(m_watches[index].item), m_tasks[index].result());
}

void Probing::conclude(ProbeQueue::Item item, ProbeResult result)
{
    result.attempt = item.attempt;
    const auto next = m_rounds.after(item.number, result);
    if (next.tell)
        tell(std::move(result));
    if (next.over)
        return forget(item.number);
    if (next.ask_name)
        m_lookups.ask_again(item.lookup);
    if (next.again && !item.followed)
        follow(item, *next.again);
}

/// Ends the target's other tries without a word.
void Probing::forget(std::size_t number)
{
    m_queue.forget(number);
    for (std::size_t index = 0; index < m_watches.size(); ++index)
        if (m_watches[index].wait != Wait::Nothing && m_watches[index].item.number == number)
            release(index);
}

void Probing::tell(ProbeResult result)
{
    ++(result.ok ? m_end.summary.ok : m_end.summary.failed);
    ++m_end.summary.outcomes[static_cast<std::size_t>(result.outcome)];
    if (!m_emit(result))
        m_stop = true;
    if (!result.ok && !m_end.first_failed)
        m_end.first_failed = std::move(result);
}

/// Each socket's options meet the same fate; one word about it is enough.
bool Probing::emit_once(const Event& event)
{
    const auto* warning = event.get_if<Warning>();
    const auto* note = event.get_if<Note>();
    if ((warning && !is_new(*warning)) || (note && !is_new(*note)))
        return true;
    return m_emit(event);
}

bool Probing::is_new(const Said& said)
{
    if (std::ranges::find(m_said, said) != m_said.end())
        return false;
    m_said.push_back(said);
    return true;
}

ProbeRun Probing::context()
{
    return {.plan = m_plan,
            .emit = m_emit_once,
            .tls = m_tls ? &*m_tls : nullptr,
            .tasks = m_tasks,
            .holds_resources = m_watched > 0 || m_lookups.under_way() > 0};
}

} // namespace

Result<ProbeEnd> probe(const ProbePlan& plan, const Emit& emit)
{
    auto loop = TRY(OpLoop::open(run_limit(plan)));
    std::optional<TlsContext> tls;
    if (plan.talk.tls)
        tls = TRY(TlsContext::client(*plan.talk.tls));
    return Probing(plan, emit, loop, find_room(plan.parallel), std::move(tls)).to_end();
}

} // namespace sockit
