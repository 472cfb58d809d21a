#include "cmd/probe_talk.h"

#include "cmd/dialogue_options.h"
#include "cmd/plan_common.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::uint64_t most_days = 36'500;

/// Nothing where no target is to be secured; then no option may ask for it.
Result<std::optional<TlsClientPlan>> plan_probe_tls(const TlsClientArgs& args,
                                                    std::span<const TargetGroup> targets)
{
    const auto secured = [&](const TargetGroup& group) {
        return args.tls || group.target.transport == Transport::Tls;
    };
    if (std::ranges::none_of(targets, secured))
        return plan_tls_client(args, targets.empty() ? Target() : targets.front().target);
    std::optional<TlsClientPlan> plan;
    for (const auto& group : targets)
        if (secured(group))
            plan = TRY(plan_tls_client(args, group.target));
    return plan;
}

} // namespace

std::vector<Option> probe_talk_options(ProbeTalkArgs& args)
{
    return joined(
        {{{"--settle", "DUR", "Call it reset when the peer ends the connection within DUR",
           &args.settle},
          {"--banner", "", "Report the first bytes that come", &args.banner},
          {"--send", "TEXT", "Send TEXT (C escapes); of UDP the question; repeatable",
           &args.dialogue},
          {"--expect", "TEXT", "Open is only who answers TEXT (C escapes), in order with --send",
           &args.dialogue},
          {"--expect-re", "RE", "The same for a regular expression (RE2)", &args.dialogue},
          {"--each-address", "", "Every address of a name is a target of its own",
           &args.each_address}},
         tls_client_options(args.tls),
         {{"--tls-min-days", "N",
           "Call it a TLS error when the certificate ends in less than N days",
           &args.least_days}}});
}

Result<ProbeTalkPlan> plan_probe_talk(const ProbeTalkArgs& args, Duration timeout)
{
    ProbeTalkPlan plan;
    plan.settle = TRY(plan_duration(args.settle, "--settle"));
    plan.banner = args.banner;
    plan.dialogue = TRY(plan_dialogue(args.dialogue, timeout));
    plan.tls_for_all = args.tls.tls;
    if (const auto days = TRY(plan_number(args.least_days, "--tls-min-days", 0, most_days)))
        plan.least_days_left = static_cast<std::int64_t>(*days);
    return plan;
}

Result<> secure_targets(ProbeTalkPlan& plan, const ProbeTalkArgs& args,
                        std::span<const TargetGroup> targets)
{
    plan.tls = TRY(plan_probe_tls(args.tls, targets));
    if (plan.least_days_left && !plan.tls)
        return Failure(Error::usage("--tls-min-days wants --tls or a tls: target"));
    return {};
}

} // namespace sockit
