#include "op/sockopts.h"

#include "op/sockopts_scene.h"

#include <algorithm>

#include <sys/stat.h>
#include <sys/utsname.h>

namespace sockit {

namespace {

/// Emits the frame of a run and keeps its books.
class SockoptsRun {
public:
    SockoptsRun(SockoptsAct act, const Emit& emit) : m_emit(emit)
    {
        m_end.summary.act = act;
        utsname system{};
        ::uname(&system);
        m_emit(SockoptsStarted{act, system.release});
    }

    void socket(const KindTarget& kind, SockoptPhase phase, const SockoptsScene& scene)
    {
        SockoptsSocket event{.kind = kind, .phase = phase, .state = scene.state};
        const int family = scene.socket.family();
        // Endpoint knows no other families.
        if (family == AF_INET || family == AF_INET6 || family == AF_UNIX || family == AF_VSOCK) {
            if (const auto local = scene.socket.local())
                event.local = *local;
            if (const auto peer = scene.socket.peer())
                event.peer = *peer;
        }
        struct stat status{};
        if (::fstat(scene.socket.ref().value, &status) == 0)
            event.inode = status.st_ino;
        const auto row = sockopt_row(SOL_SOCKET, SO_COOKIE);
        if (const auto bytes = get_sockopt(scene.socket.ref(), row)) {
            auto value = decode_sockopt(row, *bytes);
            if (auto* cookie = std::get_if<std::string>(&value.data))
                event.cookie = std::move(*cookie);
        }
        m_end.summary.sockets = 1;
        m_end.summary.target = kind.text;
        m_emit(event);
    }

    bool option(const Event& event, std::optional<SockoptVerdict> verdict)
    {
        ++m_end.summary.options;
        if (verdict)
            ++m_end.summary.verdicts[verdict_name(*verdict)];
        return m_emit(event);
    }

    void failure(SockoptsFailure failure)
    {
        ++m_end.summary.failed;
        m_end.failures.push_back(std::move(failure));
    }

    SockoptsSummary& summary() { return m_end.summary; }

    SockoptsEnd end()
    {
        m_emit(m_end.summary);
        return std::move(m_end);
    }

private:
    const Emit& m_emit;
    SockoptsEnd m_end;
};

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

/// What a socket that nobody has touched says.
std::optional<SockoptValue> usual_value(const Socket& pristine, const SockoptRow& row)
{
    if (row.varies || row.read != SockoptRead::Harmless || !row.in_table())
        return std::nullopt;
    const auto bytes = get_sockopt(pristine.ref(), row);
    return bytes ? std::optional(decode_sockopt(row, *bytes)) : std::nullopt;
}

OptionRead read_option(const Socket& socket, const Socket& pristine, const SockoptRow& row)
{
    OptionRead event{.row = row};
    event.limit = sockopt_limit(row);
    if (row.read != SockoptRead::Harmless) {
        event.verdict = SockoptVerdict::SkippedSideEffect;
        return event;
    }
    event.usual = usual_value(pristine, row);
    auto bytes = get_sockopt(socket.ref(), row);
    if (!bytes) {
        event.verdict = SockoptVerdict::NotReadable;
        event.error = std::move(bytes).error();
        return event;
    }
    event.value = decode_sockopt(row, *bytes);
    event.raw = std::move(*bytes);
    return event;
}

/// A word as a shell takes it.
std::string shell_word(std::string_view word)
{
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-+=:,./%@";
    if (word.find_first_not_of(plain) == std::string_view::npos)
        return std::string(word);
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'')
            out += "'\\'";
        out += c;
    }
    return out + "'";
}

/// NAME=OLD for the way back to what was read before. What was doubled on its way in must be halved
/// on its way back.
std::string undo_of(const SockoptOutcome& outcome)
{
    if (!outcome.before || outcome.before == outcome.effective)
        return {};
    auto old = *outcome.before;
    if (outcome.row.transform == SockoptTransform::Doubled)
        if (auto* size = std::get_if<std::int64_t>(&old.data))
            *size /= 2;
    const auto text = sockopt_text(outcome.row, old);
    if (!encode_sockopt(outcome.row, text))
        return {};
    return shell_word(sockopt_label(outcome.row) + "=" + text);
}

/// A dry run: as apply_sockopt() without setting anything.
SockoptOutcome foresee(const Socket& socket, const SockoptSetting& setting, SocketKind kind)
{
    const auto& row = setting.row;
    SockoptOutcome outcome{.row = row, .requested = decode_sockopt(row, setting.bytes)};
    outcome.limit = sockopt_limit(row);
    if (row.read == SockoptRead::Harmless) {
        auto bytes = get_sockopt(socket.ref(), row);
        if (bytes) {
            outcome.before = decode_sockopt(row, *bytes);
            outcome.raw = std::move(*bytes);
        } else {
            outcome.error = std::move(bytes).error();
        }
    }
    outcome.predicted = predict_sockopt(row, kind, outcome.requested, outcome.before);
    return outcome;
}

void report_change(SockoptsRun& run, const OptionChanged& event)
{
    const auto& outcome = event.outcome;
    // A dry run fails only where it is certain that the kernel does not know the number.
    const bool unknown = outcome.error && !outcome.row.in_table();
    if (event.dry_run ? unknown : !outcome.satisfied())
        run.failure({outcome.row, outcome.error, outcome});
    if (!event.undo.empty()) {
        auto& undo = run.summary().undo;
        undo += (undo.empty() ? "" : " ") + event.undo;
    }
    const auto verdict = event.dry_run ? std::nullopt : std::optional(outcome.verdict);
    run.option(event, verdict);
}

} // namespace

Result<SockoptsEnd> list_sockopts(const SockoptsListPlan& plan, const Emit& emit)
{
    SockoptsRun run(SockoptsAct::List, emit);
    for (const auto& row : sockopt_table())
        if (wanted(row, plan) && !run.option(OptionListed{row, sockopt_limit(row), false}, {}))
            break;
    return run.end();
}

Result<SockoptsEnd> describe_sockopts(const SockoptsDescribePlan& plan, const Emit& emit)
{
    SockoptsRun run(SockoptsAct::Describe, emit);
    for (const auto& row : plan.rows)
        run.option(OptionListed{row, sockopt_limit(row), true}, {});
    return run.end();
}

Result<SockoptsEnd> get_sockopts(const SockoptsGetPlan& plan, const Emit& emit)
{
    const auto scene = TRY(set_scene(plan.kind, SockoptPhase::Fresh));
    const auto pristine = TRY(open_kind(plan.kind));
    SockoptsRun run(SockoptsAct::Get, emit);
    run.socket(plan.kind, SockoptPhase::Fresh, scene);
    const bool named = !plan.rows.empty();
    const auto rows = named ? std::span(plan.rows) : sockopt_table();
    for (const auto& row : rows) {
        if (!named && !has(row.get | row.get_later, plan.kind.kind))
            continue;
        auto event = read_option(scene.socket, pristine, row);
        event.named = named;
        if (plan.non_default && (!event.usual || event.value == event.usual))
            continue;
        if (event.verdict == SockoptVerdict::SkippedSideEffect)
            ++run.summary().skipped;
        if (named && event.error)
            run.failure({row, event.error, std::nullopt});
        if (!run.option(event, event.verdict))
            break;
    }
    return run.end();
}

Result<SockoptsEnd> set_sockopts(const SockoptsSetPlan& plan, const Emit& emit)
{
    const auto scene = TRY(set_scene(plan.kind, SockoptPhase::Fresh));
    const auto pristine = TRY(open_kind(plan.kind));
    SockoptsRun run(SockoptsAct::Set, emit);
    run.summary().dry_run = !plan.apply;
    run.socket(plan.kind, SockoptPhase::Fresh, scene);
    for (const auto& setting : plan.settings) {
        OptionChanged event{.act = SockoptsAct::Set,
                            .outcome = plan.apply ? apply_sockopt(scene.socket.ref(), setting)
                                                  : foresee(scene.socket, setting, plan.kind.kind),
                            .usual = usual_value(pristine, setting.row),
                            .dry_run = !plan.apply,
                            .undo = {},
                            .kind = plan.kind};
        event.undo = undo_of(event.outcome);
        report_change(run, event);
    }
    return run.end();
}

Result<SockoptsEnd> verify_sockopts(const SockoptsVerifyPlan& plan, const Emit& emit)
{
    const auto scene = TRY(set_scene(plan.kind, plan.phase));
    const auto pristine = TRY(open_kind(plan.kind));
    SockoptsRun run(SockoptsAct::Verify, emit);
    run.socket(plan.kind, plan.phase, scene);
    for (const auto& setting : plan.settings)
        report_change(run, {.act = SockoptsAct::Verify,
                            .outcome = apply_sockopt(scene.socket.ref(), setting),
                            .usual = usual_value(pristine, setting.row),
                            .dry_run = false,
                            .undo = {},
                            .kind = plan.kind});
    return run.end();
}

} // namespace sockit
