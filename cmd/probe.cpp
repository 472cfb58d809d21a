#include "cmd/probe.h"

#include "base/escape.h"
#include "base/parse.h"
#include "base/suggest.h"
#include "cmd/become.h"
#include "cmd/plan_common.h"
#include "cmd/run_planned.h"
#include "cmd/sandbox.h"
#include "report/describe.h"

#include <algorithm>
#include <iterator>

namespace sockit {

namespace {

/// "open or refused"
std::string names_of(const ProbeOutcomes& outcomes)
{
    std::string text;
    for (const auto outcome : all_probe_outcomes())
        if (contains(outcomes, outcome))
            text += (text.empty() ? "" : " or ") + std::string(probe_outcome_name(outcome));
    return text;
}

Result<ProbeOutcome> find_outcome(std::string_view word)
{
    const auto all = all_probe_outcomes();
    const auto found = std::ranges::find(all, word, probe_outcome_name);
    if (found != all.end())
        return *found;
    Error error = bad_value("--want", word, "no such outcome").error();
    std::vector<std::string_view> names;
    std::ranges::transform(all, std::back_inserter(names), probe_outcome_name);
    if (const auto close = nearest(word, names))
        error.hint = "did you mean " + std::string(*close) + "?";
    return Failure(std::move(error));
}

Result<ProbeOutcomes> plan_want(std::string_view list)
{
    ProbeOutcomes want;
    while (true) {
        const auto comma = list.find(',');
        want.set(static_cast<std::size_t>(TRY(find_outcome(list.substr(0, comma)))));
        if (comma == std::string_view::npos)
            return want;
        list.remove_prefix(comma + 1);
    }
}

/// What every target must be for the other options to have a meaning.
Result<> check_targets(const ProbePlan& plan)
{
    for (const auto& group : plan.targets) {
        const Target& target = group.target;
        if (plan.trace && target.transport != Transport::Tcp)
            return bad_value("target", target.text, "--trace is for TCP targets");
        const bool internet = !target.endpoint || target.endpoint->is_inet();
        if (!internet && (plan.socket.source || !plan.socket.interface.empty()))
            return bad_value("target", target.text,
                             "--source and --interface are for internet targets");
    }
    return {};
}

Ending ending_of(const ProbeEnd& end, const ProbePlan& plan, bool any)
{
    const bool waited = plan.rounds.wait.has_value();
    Ending ending{.status = waited ? wait_status(end, plan) : probe_status(end, plan.want, any),
                  .why = {},
                  .signal = end.signal};
    if (ending.status == ExitStatus::Done)
        return ending;
    ending.why = waited && end.summary.total == 1 && end.first_failed
                     ? wait_reason(*end.first_failed, plan, names_of(plan.want))
                     : probe_reason(end, plan.want);
    return ending;
}

class ProbeInvocation final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined(
            {{timeout_option(m_args.network, "Limit for each target (default 3s)"),
              deadline_option(m_args.network),
              {"--want", "OUTCOME[,…]", "What counts as success (default open)", &m_args.want},
              {"--any", "", "One target that is ok is enough", &m_args.any},
              {"--parallel", "N", "Targets at once (default 1000, less where descriptors are few)",
               &m_args.parallel},
              {"--threads", "N", "Probe with N threads (default 1)", &m_args.threads},
              {"--rate", "N/s", "Begin at most N connections a second", &m_args.rate},
              {"--retries", "N", "Ask a target that stays mute N times more (default 0)",
               &m_args.retries},
              source_option(m_args.network),
              sandbox_option(m_args.network)},
             probe_rounds_options(m_args.rounds),
             probe_target_options(m_args.targets),
             probe_talk_options(m_args.talk),
             probe_machine_options(m_args.machine),
             socket_options(m_args.network),
             output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        m_args.runs_command = child_words.has_value();
        const Inheritance inheritance;
        const auto output = plan_probe_output(m_args.output, m_args.machine);
        auto planned = plan_probe(m_args);
        if (output && planned)
            plan_looks(planned->rounds, *output);
        const auto listed = output && planned ? add_listed(*planned) : Result<>();
        if (!listed && listed.error().domain != Domain::Errno)
            planned = Failure(listed.error());
        const auto status = probe_and_report(output, planned, listed);
        // Everything is written and closed: the program may have our place.
        return status == ExitStatus::Done && child_words ? inheritance.become(*child_words)
                                                         : status;
    }

private:
    ExitStatus probe_and_report(const Result<OutputPlan>& output, const Result<ProbePlan>& planned,
                                const Result<>& listed)
    {
        // Of a run whose end starts something else, the exit status is all that is asked for.
        const bool silent = m_args.output.quiet && (child_words || m_args.rounds.wait) && output &&
                            output->format == Format::Text;
        const auto act = [&](const ProbePlan& plan, const Emit& emit) -> Result<Ending> {
            TRY(listed);
            const Emit without_results = [&](const Event& event) {
                return event.get_if<ProbeResult>() != nullptr || emit(event);
            };
            return ending_of(TRY(probe(plan, silent ? without_results : emit)), plan, m_args.any);
        };
        const auto early = [](const ProbePlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(ProbeSummary{});
        };
        // stdout is that of the program that comes after us.
        return run_planned(
            output, planned, m_args.network.netns,
            {.shape = probe_shape, .stdout_carries_payload = child_words.has_value()}, act, early);
    }

    /// The targets of files, which are no better than those of the command line.
    Result<> add_listed(ProbePlan& plan) const
    {
        if (m_args.targets.files.empty())
            return {};
        TRY(add_listed_targets(plan.targets, m_args.targets));
        TRY(secure_targets(plan.talk, m_args.talk, plan.targets));
        return check_targets(plan);
    }

    ProbeArgs m_args;
};

} // namespace

std::unique_ptr<Invocation> make_probe() { return std::make_unique<ProbeInvocation>(); }

Result<ProbePlan> plan_probe(const ProbeArgs& args)
{
    constexpr std::uint64_t most_parallel = 1'000'000;
    constexpr std::uint64_t most_threads = 256;
    constexpr std::uint64_t most_retries = 100;
    ProbePlan plan;
    plan.targets = TRY(plan_probe_targets(args.words, args.targets));
    plan.socket = TRY(plan_socket(args.network));
    plan.timeout = TRY(plan_duration(args.network.timeout, "--timeout")).value_or(plan.timeout);
    if (plan.timeout == Duration::zero())
        return bad_value("--timeout", *args.network.timeout, "expected more than nothing");
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    plan.talk = TRY(plan_probe_talk(args.talk, plan.timeout));
    if (args.targets.files.empty())
        TRY(secure_targets(plan.talk, args.talk, plan.targets));
    plan.each_address = args.talk.each_address;
    if (plan.each_address && plan.socket.source) // it reaches those of its own family only
        plan.socket.family =
            plan.socket.source->family() == AF_INET6 ? AddressFamily::Inet6 : AddressFamily::Inet;
    plan.rounds = TRY(plan_probe_rounds(args.rounds));
    plan.rounds.any = args.any;
    plan.parallel = TRY(plan_number(args.parallel, "--parallel", 1, most_parallel));
    if (const auto threads = TRY(plan_number(args.threads, "--threads", 1, most_threads)))
        plan.threads = static_cast<unsigned>(*threads);
    if (args.rate)
        plan.rate = TRY(parse_rate(*args.rate, "--rate"));
    if (const auto retries = TRY(plan_number(args.retries, "--retries", 0, most_retries)))
        plan.retries = static_cast<unsigned>(*retries);
    plan.want = TRY(plan_want(args.want.value_or("open")));
    plan.labels = TRY(plan_probe_labels(args.machine.labels));
    TRY(plan_probe_trace(args.machine, plan));
    TRY(check_targets(plan));
    plan.sandbox = TRY(
        plan_client_sandbox(args.network, args.talk.tls,
                            {.runs_command = args.runs_command, .writable = {args.output.output}}));
    return plan;
}

ExitStatus exit_status(ProbeOutcome outcome)
{
    switch (outcome) {
    case ProbeOutcome::Open: return ExitStatus::No;
    case ProbeOutcome::Refused:
    case ProbeOutcome::SelfConnect: return ExitStatus::Refused;
    case ProbeOutcome::Rejected:
    case ProbeOutcome::Unreachable: return ExitStatus::Unreachable;
    case ProbeOutcome::Denied: return ExitStatus::Denied;
    case ProbeOutcome::Timeout:
    case ProbeOutcome::Silent: return ExitStatus::NoAnswer;
    case ProbeOutcome::Reset: return ExitStatus::Reset;
    case ProbeOutcome::Unresolved: return ExitStatus::Unresolved;
    case ProbeOutcome::Mismatch: return ExitStatus::No;
    case ProbeOutcome::TlsError: return ExitStatus::Tls;
    case ProbeOutcome::LocalError: return ExitStatus::Local;
    }
    return ExitStatus::No;
}

ExitStatus probe_status(const ProbeEnd& end, const ProbeOutcomes& want, bool any)
{
    const ProbeSummary& summary = end.summary;
    if (summary.ok == summary.total || (any && summary.ok > 0))
        return ExitStatus::Done;
    std::optional<ExitStatus> shared;
    if (summary.unfinished > 0)
        shared = ExitStatus::NoAnswer;
    for (const auto outcome : all_probe_outcomes()) {
        if (contains(want, outcome) || summary.count(outcome) == 0)
            continue;
        const auto status = exit_status(outcome);
        if (shared && *shared != status)
            return ExitStatus::No;
        shared = status;
    }
    // --strict-sockopt: this host did what it was told, and yet the answer is no.
    const auto& first = end.first_failed;
    if (shared == ExitStatus::Local && first && first->error &&
        first->error->domain == Domain::Unmet)
        return ExitStatus::No;
    return shared.value_or(ExitStatus::No);
}

Error probe_reason(const ProbeEnd& end, const ProbeOutcomes& want)
{
    const ProbeSummary& summary = end.summary;
    const auto& failed = end.first_failed;
    if (summary.total == 1 && failed) {
        if (failed->error && failed->outcome != ProbeOutcome::Open)
            return *failed->error;
        return Error::usage(escape(failed->target) + " is " +
                            std::string(probe_outcome_name(failed->outcome)) + ", wanted " +
                            names_of(want));
    }
    std::string counts;
    for (const auto outcome : all_probe_outcomes())
        if (!contains(want, outcome) && summary.count(outcome) > 0)
            counts += (counts.empty() ? ": " : ", ") + std::to_string(summary.count(outcome)) +
                      " " + std::string(probe_outcome_name(outcome));
    if (summary.unfinished > 0) {
        const auto stop = summary.stopped_by.value_or("deadline");
        counts += (counts.empty() ? ": " : ", ") + std::to_string(summary.unfinished) +
                  " unfinished at " + (stop == "deadline" ? "the deadline" : stop);
    }
    return Error::usage(std::to_string(summary.failed + summary.unfinished) + " of " +
                        std::to_string(summary.total) +
                        (summary.repeated ? " tries failed" : " targets failed") + counts);
}

} // namespace sockit
