#include "op/probe_trace_run.h"

#include "op/lookups.h"
#include "op/probe_extent.h"
#include "op/probe_trace.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sockit {

namespace {

/// Of Lookups; those of a trace are small.
constexpr auto trace_lookup_token = std::numeric_limits<std::uint64_t>::max() - 1;

class Tracing {
public:
    Tracing(const ProbePlan& plan, const Emit& emit, OpLoop& loop)
        : m_plan(plan), m_emit(emit), m_loop(loop),
          m_lookups(loop.poller(), {.family = plan.socket.family,
                                    .timeout = plan.timeout,
                                    .at_once = 1,
                                    .token = trace_lookup_token}),
          m_emit_to_all([this](const Event& event) { return tell(event); }),
          m_emit_once([this](const Event& event) { return m_first_socket && tell(event); })
    {}

    Result<ProbeEnd> to_end();

private:
    Result<> trace(const Target& target);
    Result<std::optional<LookupAnswer>> resolve(const Target& target);
    Result<Finding> follow(const Target& target, const Endpoint& to, const Deadline& limit);
    [[nodiscard]] Endpoint choose(std::span<const Endpoint> known, const Target& target) const;
    bool tell(const Event& event);
    [[nodiscard]] bool stopped() const { return m_stop || m_loop.stopped(); }

    const ProbePlan& m_plan;
    const Emit& m_emit;
    OpLoop& m_loop;
    Lookups m_lookups;
    const Emit m_emit_to_all;
    const Emit m_emit_once; ///< what socket options became is the same for each target
    bool m_first_socket = true;
    bool m_cut = false;  ///< the deadline of the run ended a trace
    bool m_stop = false; ///< the output can take no more
    ProbeEnd m_end;
};

Result<ProbeEnd> Tracing::to_end()
{
    const auto started = Clock::now();
    ProbeSummary& summary = m_end.summary;
    for (const auto& group : m_plan.targets)
        summary.total += group.size();
    tell(ProbeStarted{
        .targets = summary.total, .parallel = 1, .timeout = m_plan.timeout, .want = m_plan.want});
    warn_of_wide_ranges(m_plan.targets, m_emit);
    for (const auto& group : m_plan.targets)
        for (std::size_t index = 0; index < group.size() && !stopped(); ++index)
            TRY(trace(group.at(index)));
    summary.unfinished = summary.total - summary.ok - summary.failed;
    summary.duration = Clock::now() - started;
    m_end.signal = m_loop.signal();
    if (m_end.signal || m_cut || summary.unfinished > 0)
        summary.stopped_by = m_loop.stopped_by();
    tell(summary);
    return m_end;
}

Result<> Tracing::trace(const Target& target)
{
    const auto answer = TRY(resolve(target));
    if (!answer)
        return {};
    const auto begun = Clock::now();
    const auto resolve_time = answer->took.value_or(Duration::zero());
    Finding finding;
    if (answer->addresses) {
        const auto limit = Deadline::after(m_plan.timeout - resolve_time);
        finding = TRY(follow(target, choose(*answer->addresses, target), limit));
    } else {
        Error error = answer->addresses.error();
        error.subject = target.text;
        finding = found_without_socket(std::move(error));
    }
    if (m_loop.signal())
        return {};
    auto result = result_of(finding, target, m_plan, answer->took, begun);
    ++(result.ok ? m_end.summary.ok : m_end.summary.failed);
    ++m_end.summary.outcomes[static_cast<std::size_t>(result.outcome)];
    tell(result);
    if (!result.ok && !m_end.first_failed)
        m_end.first_failed = std::move(result);
    return {};
}

/// Nothing after a signal.
Result<std::optional<LookupAnswer>> Tracing::resolve(const Target& target)
{
    const auto id = m_lookups.add(target);
    while (m_lookups.answer(id) == nullptr) {
        m_lookups.proceed(false);
        if (m_lookups.answer(id) != nullptr)
            break;
        TRY(m_loop.wait(m_lookups.wake_at()));
        if (m_loop.signal())
            return std::nullopt;
        if (m_loop.deadline_passed()) {
            m_cut = true;
            m_lookups.proceed(false);
            m_lookups.give_up();
        }
    }
    return *m_lookups.answer(id);
}

Result<Finding> Tracing::follow(const Target& target, const Endpoint& to, const Deadline& limit)
{
    ProbeTrace trace(target, to, m_plan, limit, m_loop.poller(), m_emit_to_all, m_emit_once);
    TRY(trace.proceed({}));
    m_first_socket = false;
    while (!trace.done() && !m_stop) {
        const auto news = TRY(m_loop.wait(trace.wake_at()));
        if (m_loop.signal())
            break;
        if (m_loop.deadline_passed()) {
            m_cut = true;
            trace.give_up();
        }
        TRY(trace.proceed(news));
    }
    return trace.finding();
}

/// In IPv6 clothes, too, IPv4 goes the way of IPv4.
Endpoint Tracing::choose(std::span<const Endpoint> known, const Target& target) const
{
    const auto reachable = [&](const Endpoint& address) {
        return !m_plan.socket.source || m_plan.socket.source->family() == address.family();
    };
    const auto found = std::ranges::find_if(known, reachable);
    Endpoint endpoint = (found != known.end() ? *found : known.front()).unmapped();
    endpoint.set_port(target.port);
    return endpoint;
}

bool Tracing::tell(const Event& event)
{
    m_stop = !m_emit(event) || m_stop;
    return !m_stop;
}

} // namespace

Result<ProbeEnd> trace_targets(const ProbePlan& plan, const Emit& emit, OpLoop& loop)
{
    return Tracing(plan, emit, loop).to_end();
}

} // namespace sockit
