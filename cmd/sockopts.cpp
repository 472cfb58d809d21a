#include "cmd/sockopts.h"

#include "base/parse.h"
#include "base/suggest.h"
#include "cmd/run_planned.h"
#include "op/sockopts_scene.h"
#include "report/describe.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace sockit {

namespace {

template <class T>
struct Named {
    std::string_view name;
    T value;
};

constexpr std::array filters{
    Named{"gettable", SockoptsFilter::Gettable},
    Named{"settable", SockoptsFilter::Settable},
    Named{"read-only", SockoptsFilter::ReadOnly},
    Named{"write-only", SockoptsFilter::WriteOnly},
    Named{"privileged", SockoptsFilter::Privileged},
    Named{"inherited", SockoptsFilter::Inherited},
    Named{"transformed", SockoptsFilter::Transformed},
    Named{"side-effects", SockoptsFilter::SideEffects},
    Named{"unimplemented", SockoptsFilter::Unimplemented},
};

constexpr std::array phases{
    Named{"fresh", SockoptPhase::Fresh},         Named{"bound", SockoptPhase::Bound},
    Named{"listening", SockoptPhase::Listening}, Named{"connected", SockoptPhase::Connected},
    Named{"accepted", SockoptPhase::Accepted},
};

/// The value of a name; a usage error with the nearest one, and all of them, otherwise.
template <class T, std::size_t N>
Result<T> choose(const std::array<Named<T>, N>& choices, std::string_view word,
                 std::string_view option)
{
    std::array<std::string_view, N> names;
    std::ranges::transform(choices, names.begin(), &Named<T>::name);
    const auto found = std::ranges::find(names, word);
    if (found != names.end())
        return choices[static_cast<std::size_t>(found - names.begin())].value;
    std::string expected = "expected one of";
    for (const auto name : names)
        expected += " " + std::string(name);
    auto failure = bad_value(option, word, expected);
    if (const auto close = nearest(word, names))
        failure.error().hint = "did you mean " + std::string(*close) + "?";
    return failure;
}

Failure missing(std::string_view what, std::string_view example)
{
    Error error = Error::usage("missing " + std::string(what));
    error.hint = "for example sockit sockopts " + std::string(example);
    return Failure(std::move(error));
}

std::string_view example_of(SockoptsAct act)
{
    switch (act) {
    case SockoptsAct::Get: return "get tcp4 SO_RCVBUF";
    case SockoptsAct::Set: return "set tcp4 SO_RCVBUF=64k";
    case SockoptsAct::Verify: return "verify tcp4 SO_RCVBUF=64k";
    default: return "describe SO_RCVBUF";
    }
}

Result<KindTarget> plan_target(const SockoptsArgs& args)
{
    if (args.words.empty())
        return missing("TARGET, a kind of socket", example_of(args.act));
    return parse_kind(args.words[0]);
}

Result<std::vector<SockoptSetting>> plan_settings(const SockoptsArgs& args, SocketKind kind)
{
    if (args.words.size() < 2)
        return missing("NAME=VALUE", example_of(args.act));
    std::vector<SockoptSetting> settings;
    for (const auto& word : std::span(args.words).subspan(1))
        settings.push_back(TRY(parse_sockopt_setting(word, kind)));
    return settings;
}

Result<std::vector<SockoptRow>> plan_rows(std::span<const std::string> names,
                                          std::optional<SocketKind> kind)
{
    std::vector<SockoptRow> rows;
    for (const auto& name : names)
        rows.push_back(TRY(find_sockopt(name, kind)));
    return rows;
}

Result<SockoptsListPlan> plan_list(const SockoptsArgs& args)
{
    SockoptsListPlan plan;
    if (!args.words.empty())
        return bad_value("word", args.words[0],
                         "list takes options only; describe tells of single ones");
    if (args.level)
        plan.level = TRY(parse_sockopt_level(*args.level));
    if (args.kind)
        plan.kind = TRY(parse_kind_name(*args.kind));
    for (const auto& list : args.filters)
        for (std::string_view rest = list;;) {
            const auto comma = rest.find(',');
            plan.filters.push_back(TRY(choose(filters, rest.substr(0, comma), "--filter")));
            if (comma == std::string_view::npos)
                break;
            rest.remove_prefix(comma + 1);
        }
    return plan;
}

Result<SockoptsVerifyPlan> plan_verify(const SockoptsArgs& args)
{
    SockoptsVerifyPlan plan;
    plan.kind = TRY(plan_target(args));
    plan.settings = TRY(plan_settings(args, plan.kind.kind));
    if (args.phase)
        plan.phase = TRY(choose(phases, *args.phase, "--phase"));
    if (!has_phase(plan.kind.kind, plan.phase))
        return bad_value("--phase", *args.phase,
                         "sockets of kind " + std::string(kind_name(plan.kind.kind)) +
                             " are never in it");
    return plan;
}

Result<SockoptsEnd> act(const SockoptsPlan& plan, const Emit& emit)
{
    struct Act {
        const Emit& emit;
        Result<SockoptsEnd> operator()(const SockoptsListPlan& plan) const
        {
            return list_sockopts(plan, emit);
        }
        Result<SockoptsEnd> operator()(const SockoptsDescribePlan& plan) const
        {
            return describe_sockopts(plan, emit);
        }
        Result<SockoptsEnd> operator()(const SockoptsGetPlan& plan) const
        {
            return get_sockopts(plan, emit);
        }
        Result<SockoptsEnd> operator()(const SockoptsSetPlan& plan) const
        {
            return set_sockopts(plan, emit);
        }
        Result<SockoptsEnd> operator()(const SockoptsVerifyPlan& plan) const
        {
            return verify_sockopts(plan, emit);
        }
    };
    return std::visit(Act{emit}, plan);
}

class SockoptsInvocation final : public Invocation {
public:
    explicit SockoptsInvocation(SockoptsAct act) { m_args.act = act; }

    std::vector<Option> options() override
    {
        std::vector<Option> own;
        switch (m_args.act) {
        case SockoptsAct::List:
            own = {{"--level", "LEVEL", "Only of that level: SOL_SOCKET, tcp, 6 …", &m_args.level},
                   {"--for", "KIND", "Only what sockets of that kind have", &m_args.kind},
                   {"--filter", "WHAT[,…]",
                    "Only gettable, settable, read-only, write-only, privileged, inherited, "
                    "transformed, side-effects, unimplemented",
                    &m_args.filters}};
            break;
        case SockoptsAct::Describe: break;
        case SockoptsAct::Get:
            own = {{"--non-default", "", "Only what differs from a fresh socket's value",
                    &m_args.non_default}};
            break;
        case SockoptsAct::Set:
            own = {{"--apply", "", "Really set; without it, only tell what would happen",
                    &m_args.apply}};
            break;
        case SockoptsAct::Verify:
            own = {{"--phase", "PHASE",
                    "When to set: fresh (default), bound, listening, connected, accepted",
                    &m_args.phase}};
            break;
        }
        own.push_back(
            {"--netns", "NAME|PATH|PID", "Work in that network namespace", &m_args.netns});
        return joined({std::move(own), output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        const auto run_act = [](const SockoptsPlan& plan, const Emit& emit) -> Result<Ending> {
            const auto end = TRY(act(plan, emit));
            Ending ending{.status = sockopts_status(end), .why = {}, .signal = {}};
            if (ending.status != ExitStatus::Done)
                ending.why = sockopts_reason(end);
            return ending;
        };
        const auto early = [](const SockoptsPlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(SockoptsSummary{});
        };
        const bool table = m_args.act == SockoptsAct::List || m_args.act == SockoptsAct::Describe;
        return run_planned(plan_output(m_args.output), plan_sockopts(m_args), m_args.netns,
                           {.shape = table ? sockopts_table_shape : sockopts_socket_shape,
                            .flush = Flush::WhenFull},
                           run_act, early);
    }

private:
    SockoptsArgs m_args;
};

/// Refused and without effect are answers; what the kernel forbids or lacks is not.
ExitStatus failure_status(const SockoptsFailure& failure)
{
    switch (failure.error ? failure.error->code : 0) {
    case EPERM:
    case EACCES: return ExitStatus::Denied;
    case ENOPROTOOPT: return ExitStatus::Unsupported;
    default: return ExitStatus::No;
    }
}

} // namespace

std::unique_ptr<Invocation> make_sockopts_list()
{
    return std::make_unique<SockoptsInvocation>(SockoptsAct::List);
}
std::unique_ptr<Invocation> make_sockopts_describe()
{
    return std::make_unique<SockoptsInvocation>(SockoptsAct::Describe);
}
std::unique_ptr<Invocation> make_sockopts_get()
{
    return std::make_unique<SockoptsInvocation>(SockoptsAct::Get);
}
std::unique_ptr<Invocation> make_sockopts_set()
{
    return std::make_unique<SockoptsInvocation>(SockoptsAct::Set);
}
std::unique_ptr<Invocation> make_sockopts_verify()
{
    return std::make_unique<SockoptsInvocation>(SockoptsAct::Verify);
}

Result<SockoptsPlan> plan_sockopts(const SockoptsArgs& args)
{
    switch (args.act) {
    case SockoptsAct::List: return TRY(plan_list(args));
    case SockoptsAct::Describe:
        if (args.words.empty())
            return missing("NAME of an option", example_of(args.act));
        return SockoptsDescribePlan{TRY(plan_rows(args.words, std::nullopt))};
    case SockoptsAct::Get: {
        const auto kind = TRY(plan_target(args));
        const auto names = std::span(args.words).subspan(1);
        return SockoptsGetPlan{kind, TRY(plan_rows(names, kind.kind)), args.non_default};
    }
    case SockoptsAct::Set: {
        const auto kind = TRY(plan_target(args));
        return SockoptsSetPlan{kind, TRY(plan_settings(args, kind.kind)), args.apply};
    }
    case SockoptsAct::Verify: break;
    }
    return TRY(plan_verify(args));
}

ExitStatus sockopts_status(const SockoptsEnd& end)
{
    const bool nothing = end.summary.act == SockoptsAct::List && end.summary.options == 0;
    if (end.failures.empty())
        return nothing ? ExitStatus::No : ExitStatus::Done;
    const auto first = failure_status(end.failures.front());
    const bool shared = std::ranges::all_of(end.failures, [&](const SockoptsFailure& failure) {
        return failure_status(failure) == first;
    });
    return shared ? first : ExitStatus::No;
}

Error sockopts_reason(const SockoptsEnd& end)
{
    if (end.failures.empty())
        return Error::usage("no option matches");
    const auto& first = end.failures.front();
    Error reason = first.error ? *first.error : Error::usage(sockopt_outcome_text(*first.outcome));
    if (!first.error && first.outcome->limit)
        reason.hint =
            "raising " + std::string(first.outcome->limit->sysctl) + " would allow for more";
    if (end.failures.size() > 1)
        reason.detail += (reason.detail.empty() ? "and " : ", and ") +
                         std::to_string(end.failures.size() - 1) + " more";
    return reason;
}

} // namespace sockit
