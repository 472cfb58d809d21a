#include "op/sockopts.h"

#include "op/sockopts_read.h"
#include "op/sockopts_run.h"

#include <algorithm>

namespace sockit {

namespace {

bool passes(const SockoptRow& row, SockoptsFilter filter)
{
    switch (filter) {
    case SockoptsFilter::Gettable: return row.gettable();
    case SockoptsFilter::Settable: return row.settable();
    case SockoptsFilter::ReadOnly: return row.gettable() && !row.settable();
    case SockoptsFilter::WriteOnly: return row.settable() && !row.gettable();
    case SockoptsFilter::Privileged: return !row.privilege.empty();
    case SockoptsFilter::Inherited: return row.inherited != 0;
    case SockoptsFilter::Transformed: return row.transform != SockoptTransform::Kept;
    case SockoptsFilter::SideEffects: return row.read != SockoptRead::Harmless;
    case SockoptsFilter::Unimplemented: return row.when == SockoptWhen::Never;
    }
    return false;
}

bool wanted(const SockoptRow& row, const SockoptsListPlan& plan)
{
    if (plan.level && row.level.number != *plan.level)
        return false;
    if (plan.kind && !has(row.get | row.get_later | row.set, *plan.kind))
        return false;
    return std::ranges::all_of(plan.filters,
                               [&](SockoptsFilter filter) { return passes(row, filter); });
}

} // namespace

Result<SockoptsEnd> list_sockopts(const SockoptsListPlan& plan, const Emit& emit)
{
    SockoptsRun run(SockoptsAct::List, {}, emit);
    for (const auto& row : sockopt_table())
        if (wanted(row, plan) && !run.option(OptionListed{row, sockopt_limit(row), false}, {}))
            break;
    return run.end();
}

Result<SockoptsEnd> describe_sockopts(const SockoptsDescribePlan& plan, const Emit& emit)
{
    SockoptsRun run(SockoptsAct::Describe, {}, emit);
    for (const auto& row : plan.rows)
        run.option(OptionListed{row, sockopt_limit(row), true}, {});
    return run.end();
}

const std::string& target_text(const SockoptsTarget& target)
{
    return std::visit([](const auto& which) -> const std::string& { return which.text; }, target);
}

Result<SockoptsEnd> get_sockopts(const SockoptsGetPlan& plan, const Emit& emit)
{
    SockoptsRun run(SockoptsAct::Get, target_text(plan.target), emit);
    SockoptsReference reference;
    const bool named = !plan.rows.empty();
    const auto tell = [&](OptionRead event) {
        event.named = named;
        if (plan.non_default && (!event.usual || event.value == event.usual))
            return true;
        if (event.verdict == SockoptVerdict::SkippedSideEffect)
            ++run.summary().skipped;
        if (named && event.error)
            run.failure({.row = event.row, .error = event.error});
        return run.option(event, event.verdict);
    };
    const auto visit = [&](const SockoptsSubject& subject) -> SockoptsRest {
        const auto known = subject.kind;
        const auto kind = known ? std::optional(known->kind) : std::nullopt;
        auto rows = named ? plan.rows : rows_of(kind);
        if (named)
            for (auto& row : rows)
                row = row_for_kind(row, kind);
        return [&, known, options = read_raw(subject.socket, rows)](const SockoptsSocket& socket) {
            return run.socket(socket) && std::ranges::all_of(options, [&](const RawOption& option) {
                       return tell(reference.complete(option, known));
                   });
        };
    };
    TRY(for_each_subject(plan.target, run, visit));
    return run.end();
}

} // namespace sockit
