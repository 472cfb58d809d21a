#include "base/escape.h"
#include "base/parse.h"
#include "cmd/stat_kinds.h"

namespace sockit {

namespace {

Result<StatSource> plan_source(const StatArgs& args)
{
    const auto via = args.via.value_or("auto");
    if (via != "auto" && via != "netlink" && via != "proc")
        return bad_value("--via", via, "expected auto, netlink or proc");
    if (args.proc_root && via == "netlink")
        return Failure(Error::usage("--proc-root and --via netlink exclude each other"));
    if (args.proc_root && args.netns)
        return Failure(Error::usage("--proc-root and --netns exclude each other"));
    if (args.all_namespaces && (args.netns || args.proc_root))
        return Failure(Error::usage("--all-netns excludes --netns and --proc-root"));
    if (args.all_namespaces && (args.time.kill || args.time.events))
        return Failure(Error::usage("-K and -E work in one namespace: they exclude --all-netns"));
    if (args.proc_root || via == "proc")
        return StatSource::Proc;
    return via == "netlink" ? StatSource::Netlink : StatSource::Auto;
}

} // namespace

Result<StatPlan> plan_stat(const StatArgs& args, std::span<const std::string> words)
{
    if (!words.empty())
        return Failure(Error::usage("unexpected " + quote(words[0]) +
                                    ": stat does not support filter expressions"));
    StatPlan plan;
    const bool some_kind = TRY(plan_kinds(args, plan));
    plan.source = TRY(plan_source(args));
    plan.proc_root = args.proc_root.value_or(plan.proc_root);
    if (args.all)
        plan.selection = StatSelection::All;
    else if (args.listening)
        plan.selection = StatSelection::Listening;
    else if (args.bound_inactive)
        plan.selection = StatSelection::BoundInactive;
    else if (some_kind)
        plan.selection = StatSelection::Connected;
    const bool overview = plan.selection == StatSelection::Overview;
    plan.view = {.processes = args.processes || overview,
                 .extended = args.extended,
                 .tcp_info = args.info,
                 .memory = args.memory,
                 .timer = args.timers,
                 .peer = !overview, // those who wait for clients have none
                 .cgroup = args.cgroup,
                 .type_of_service = args.type_of_service,
                 .inet_options = args.inet_options};
    plan.all_namespaces = args.all_namespaces;
    plan.bound_inactive = args.bound_inactive;
    plan.services = !args.numeric && !args.output.json && !args.output.jsonl;
    TRY(plan_stat_time(args.time, plan));
    return plan;
}

} // namespace sockit
