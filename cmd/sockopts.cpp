#include "cmd/sockopts.h"

#include "base/parse.h"
#include "base/suggest.h"
#include "cmd/run_planned.h"
#include "op/sockopts_scene.h"
#include "report/describe.h"

#include <algorithm>
#include <array>
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
    case SockoptsAct::Diff: return "diff tcp4 pid=1234,fd=5";
    default: return "describe SO_RCVBUF";
    }
}

/// The target and the words behind it.
struct Targeted {
    SockoptsTarget target;
    std::span<const std::string> words;
};

/// What names are looked up for.
std::optional<SocketKind> kind_in(const SockoptsTarget& target)
{
    const auto* scratch = std::get_if<KindTarget>(&target);
    return scratch ? std::optional(scratch->kind) : std::nullopt;
}

Result<Targeted> plan_target(const SockoptsArgs& args)
{
    if (args.live.given())
        return Targeted{TRY(plan_live_target(args.live)), args.words};
    if (args.words.empty())
        return missing("TARGET, a kind of socket or --pid, --sock, --inode, --cookie",
                       example_of(args.act));
    return Targeted{TRY(plan_target_word(args.words[0])), std::span(args.words).subspan(1)};
}

Result<std::vector<SockoptSetting>> plan_settings(std::span<const std::string> words,
                                                  std::optional<SocketKind> kind, SockoptsAct act)
{
    if (words.empty())
        return missing("NAME=VALUE", example_of(act));
    std::vector<SockoptSetting> settings;
    for (const auto& word : words)
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
    if (args.words.empty())
        return missing("TARGET, a kind of socket", example_of(args.act));
    plan.kind = TRY(parse_kind(args.words[0]));
    plan.settings = TRY(plan_settings(std::span(args.words).subspan(1), plan.kind.kind, args.act));
    if (args.phase)
        plan.phase = TRY(choose(phases, *args.phase, "--phase"));
    if (!has_phase(plan.kind.kind, plan.phase))
        return bad_value("--phase", *args.phase,
                         "sockets of kind " + std::string(kind_name(plan.kind.kind)) +
                             " are never in it");
    return plan;
}

Result<SockoptsDiffPlan> plan_diff(const SockoptsArgs& args)
{
    if (args.words.size() < 2)
        return missing("TARGET, of two", example_of(args.act));
    if (args.words.size() > 2)
        return bad_value("word", args.words[2], "two targets are compared, no more");
    return SockoptsDiffPlan{TRY(plan_target_word(args.words[0])),
                            TRY(plan_target_word(args.words[1]))};
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
        Result<SockoptsEnd> operator()(const SockoptsDiffPlan& plan) const
        {
            return diff_sockopts(plan, emit);
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
        case SockoptsAct::Describe:
        case SockoptsAct::Diff: break;
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
        if (m_args.act == SockoptsAct::Get || m_args.act == SockoptsAct::Set)
            own = joined({live_options(m_args.live), std::move(own)});
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
        return run_planned(plan_output(m_args.output), plan_sockopts(m_args), m_args.netns,
                           {.shape = shape(), .flush = Flush::WhenFull}, run_act, early);
    }

private:
    [[nodiscard]] const DocumentShape& shape() const
    {
        switch (m_args.act) {
        case SockoptsAct::List:
        case SockoptsAct::Describe: return sockopts_table_shape;
        case SockoptsAct::Diff: return sockopts_diff_shape;
        default: return sockopts_socket_shape;
        }
    }

    SockoptsArgs m_args;
};

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

std::unique_ptr<Invocation> make_sockopts_diff()
{
    return std::make_unique<SockoptsInvocation>(SockoptsAct::Diff);
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
        auto [target, names] = TRY(plan_target(args));
        auto rows = TRY(plan_rows(names, kind_in(target)));
        return SockoptsGetPlan{std::move(target), std::move(rows), args.non_default};
    }
    case SockoptsAct::Set: {
        auto [target, words] = TRY(plan_target(args));
        auto settings = TRY(plan_settings(words, kind_in(target), args.act));
        return SockoptsSetPlan{std::move(target), std::move(settings), args.apply};
    }
    case SockoptsAct::Diff: return TRY(plan_diff(args));
    case SockoptsAct::Verify: break;
    }
    return TRY(plan_verify(args));
}

} // namespace sockit
