#include "cmd/probe_rounds.h"

#include "base/escape.h"
#include "base/parse.h"
#include "cmd/plan_common.h"
#include "report/format.h"

#include <limits>

#include <unistd.h>

namespace sockit {

namespace {

/// What ends a waiting at once, and is never what was waited for.
bool ends_waiting(ProbeOutcome outcome, const ProbeRoundsPlan& rounds)
{
    return outcome == ProbeOutcome::LocalError ||
           (outcome == ProbeOutcome::Unresolved && !rounds.wait_for_name);
}

} // namespace

std::vector<Option> probe_rounds_options(ProbeRoundsArgs& args)
{
    return {{"--count", "N", "Try each target N times, then tell statistics (0: until stopped)",
             &args.count},
            {"--interval", "DUR", "Try again and again, DUR from one try to the next (default 1s)",
             &args.interval},
            {"--wait", "DUR", "Try until the outcome is wanted, at most DUR", &args.wait},
            {"--wait-dns", "", "With --wait, also wait for a name to resolve", &args.wait_dns}};
}

Result<ProbeRoundsPlan> plan_probe_rounds(const ProbeRoundsArgs& args)
{
    ProbeRoundsPlan plan;
    const auto interval = TRY(plan_duration(args.interval, "--interval"));
    plan.count =
        TRY(plan_number(args.count, "--count", 0, std::numeric_limits<std::uint32_t>::max()));
    plan.wait = TRY(plan_duration(args.wait, "--wait"));
    plan.wait_for_name = args.wait_dns;
    if (plan.wait && plan.count)
        return Failure(Error::usage("--wait and --count exclude each other"));
    if (plan.wait && *plan.wait == Duration::zero())
        return bad_value("--wait", *args.wait, "expected more than nothing");
    if (args.wait_dns && !plan.wait)
        return Failure(Error::usage("--wait-dns needs --wait"));
    // Short enough to notice a listener within 30 ms, long enough to cost next to nothing.
    constexpr Duration longest_pause = std::chrono::milliseconds(20);
    if (plan.wait)
        plan.interval = interval.value_or(longest_pause);
    else
        plan.interval = interval.value_or(plan.interval);
    if (interval && !plan.wait && !plan.count)
        plan.count = 0;
    return plan;
}

void plan_looks(ProbeRoundsPlan& rounds, const OutputPlan& output)
{
    rounds.progress = shows_status(output);
    rounds.chart = output.verbosity > 0 || (!output.file && ::isatty(STDOUT_FILENO) == 1);
}

ExitStatus wait_status(const ProbeEnd& end, const ProbePlan& plan)
{
    const ProbeSummary& summary = end.summary;
    if (summary.ok == summary.total || (plan.rounds.any && summary.ok > 0))
        return ExitStatus::Done;
    const std::size_t nameless =
        plan.rounds.wait_for_name ? 0 : summary.count(ProbeOutcome::Unresolved);
    const std::size_t unasked = summary.count(ProbeOutcome::LocalError);
    const std::size_t in_vain = summary.failed + summary.unfinished - nameless - unasked;
    if (nameless == 0 && unasked == 0)
        return ExitStatus::NoAnswer;
    if (nameless == 0 && in_vain == 0)
        return ExitStatus::Local;
    return unasked == 0 && in_vain == 0 ? ExitStatus::Unresolved : ExitStatus::No;
}

Error wait_reason(const ProbeResult& last, const ProbePlan& plan, const std::string& wanted)
{
    if (ends_waiting(last.outcome, plan.rounds) && last.error)
        return *last.error;
    std::string text = "waited " + format_duration(*plan.rounds.wait) + " for " +
                       escape(last.target) + " to be " + wanted + ": it is " +
                       std::string(probe_outcome_name(last.outcome));
    if (last.error)
        text += ", " + describe_error(*last.error);
    return Error::usage(std::move(text));
}

} // namespace sockit
