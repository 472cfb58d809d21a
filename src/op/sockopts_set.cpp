#include "base/shell_word.h"
#include "op/sockopts.h"
#include "op/sockopts_read.h"
#include "op/sockopts_run.h"
#include "op/sockopts_scene.h"

#include <array>
#include <cerrno>

namespace sockit {

namespace {

/// What is not done to a socket that a process relies on.
struct Forbidden {
    std::string_view prefix; ///< of the option's name
    std::string_view reason;
};

constexpr std::array not_for_live_sockets{
    Forbidden{"TCP_REPAIR", "it takes the connection out of the kernel's hands"},
    Forbidden{"TCP_QUEUE_SEQ", "it takes the connection out of the kernel's hands"},
    Forbidden{"TCP_ULP", "it changes what the process's own calls mean, for good"},
    Forbidden{"SO_LOCK_FILTER", "nothing can undo it"},
    Forbidden{"IPV6_ADDRFORM", "it changes the family of the socket, for good"},
    Forbidden{"SO_REUSEADDR", "others could take the port from the process"},
    Forbidden{"SO_REUSEPORT", "others could take the port from the process"},
    Forbidden{"TCP_MD5SIG", "a wrong key cuts the connection off, and the old one cannot be read"},
    Forbidden{"TCP_AO", "a wrong key cuts the connection off, and the old one cannot be read"},
    Forbidden{"TCP_FASTOPEN_KEY", "it is a key, and the old one is not to be read"},
    Forbidden{"TLS_", "it holds keys, and changes what the process's own calls mean, for good"},
};

Result<> check_allowed(const SockoptSetting& setting)
{
    for (const auto& [prefix, reason] : not_for_live_sockets)
        if (setting.row.name.starts_with(prefix)) {
            auto error = Error::from_errno(Phase::Socket, "setsockopt", setting.row.name, EPERM);
            error.detail = "sockit does not set it on sockets of processes: " + std::string(reason);
            return Failure(std::move(error));
        }
    return {};
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
SockoptOutcome foresee(FdRef socket, const SockoptSetting& setting, std::optional<SocketKind> kind)
{
    const auto row = row_for_kind(setting.row, kind);
    SockoptOutcome outcome{.row = row, .requested = decode_sockopt(row, setting.bytes)};
    outcome.limit = sockopt_limit(row);
    if (row.read == SockoptRead::Harmless) {
        auto bytes = get_sockopt(socket, row);
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

bool report_change(SockoptsRun& run, const OptionChanged& event)
{
    const auto& outcome = event.outcome;
    // A dry run fails only where it is certain that the kernel does not know the number.
    const bool unknown = outcome.error && !outcome.row.in_table();
    if (event.dry_run ? unknown : !outcome.satisfied())
        run.failure({.row = outcome.row, .error = outcome.error, .outcome = outcome});
    const auto verdict = event.dry_run ? std::nullopt : std::optional(outcome.verdict);
    return run.option(event, verdict);
}

/// Tells of every change of one socket, and how to undo them all.
bool report_changes(SockoptsRun& run, const std::vector<SockoptOutcome>& outcomes,
                    const std::optional<KindTarget>& kind, const std::string& target,
                    SockoptsReference& reference)
{
    const bool dry_run = run.summary().dry_run;
    SockoptsUndo undo{.target = target, .settings = {}};
    bool open = true;
    for (const auto& outcome : outcomes) {
        const OptionChanged event{.act = SockoptsAct::Set,
                                  .outcome = outcome,
                                  .usual =
                                      kind ? reference.usual(*kind, outcome.row) : std::nullopt,
                                  .dry_run = dry_run,
                                  .undo = undo_of(outcome),
                                  .target = target};
        if (!event.undo.empty())
            undo.settings += (undo.settings.empty() ? "" : " ") + event.undo;
        open = report_change(run, event);
    }
    if (!undo.settings.empty())
        run.summary().undo.push_back(std::move(undo));
    return open;
}

} // namespace

Result<SockoptsEnd> set_sockopts(const SockoptsSetPlan& plan, const Emit& emit)
{
    if (std::holds_alternative<LiveTarget>(plan.target))
        for (const auto& setting : plan.settings)
            TRY(check_allowed(setting));
    SockoptsRun run(SockoptsAct::Set, target_text(plan.target), emit);
    run.summary().dry_run = !plan.apply;
    SockoptsReference reference;
    const auto visit = [&](const SockoptsSubject& subject) -> SockoptsRest {
        const auto known = subject.kind;
        const auto kind = known ? std::optional(known->kind) : std::nullopt;
        std::vector<SockoptOutcome> outcomes;
        outcomes.reserve(plan.settings.size());
        for (const auto& setting : plan.settings)
            outcomes.push_back(plan.apply ? apply_sockopt(subject.socket, setting)
                                          : foresee(subject.socket, setting, kind));
        return [&, known, target = subject.target,
                outcomes = std::move(outcomes)](const SockoptsSocket& socket) {
            return run.socket(socket) && report_changes(run, outcomes, known, target, reference);
        };
    };
    TRY(for_each_subject(plan.target, run, visit));
    return run.end();
}

Result<SockoptsEnd> verify_sockopts(const SockoptsVerifyPlan& plan, const Emit& emit)
{
    const auto scene = TRY(set_scene(plan.kind, plan.phase));
    SockoptsRun run(SockoptsAct::Verify, plan.kind.text, emit);
    auto socket = look_at(scene.socket.ref());
    socket.kind = plan.kind;
    socket.phase = plan.phase;
    socket.state = scene.state;
    run.socket(socket);
    SockoptsReference reference;
    for (const auto& setting : plan.settings) {
        const auto outcome = apply_sockopt(scene.socket.ref(), setting);
        report_change(run, {.act = SockoptsAct::Verify,
                            .outcome = outcome,
                            .usual = reference.usual(plan.kind, outcome.row),
                            .dry_run = false,
                            .undo = {},
                            .target = plan.kind.text});
    }
    return run.end();
}

} // namespace sockit
