#include "base/escape.h"
#include "base/parse.h"
#include "cmd/stat.h"

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
    if (args.time.from && (args.via || args.proc_root || args.netns))
        return Failure(Error::usage("--from excludes --via, --proc-root and --netns"));
    if (args.time.from)
        return StatSource::Saved;
    if (args.proc_root || via == "proc")
        return StatSource::Proc;
    return via == "netlink" ? StatSource::Netlink : StatSource::Auto;
}

} // namespace

Result<StatPlan> plan_stat(const StatArgs& args, std::span<const std::string> words)
{
    const bool some_kind = args.tcp || args.udp || args.local;
    const bool some_family = args.v4 || args.v6;
    StatPlan plan;
    plan.source = TRY(plan_source(args));
    plan.proc_root = args.proc_root.value_or(plan.proc_root);
    if (some_kind || some_family) {
        plan.tcp = args.tcp || !some_kind;
        plan.udp = args.udp || !some_kind;
        plan.local = args.local;
    }
    if (some_family) {
        plan.v4 = args.v4;
        plan.v6 = args.v6;
    }
    if (args.all)
        plan.selection = StatSelection::All;
    else if (args.listening)
        plan.selection = StatSelection::Listening;
    else if (some_kind || some_family)
        plan.selection = StatSelection::Connected;
    const bool overview = plan.selection == StatSelection::Overview;
    plan.view = {.processes = args.processes || overview,
                 .extended = args.extended,
                 .tcp_info = args.info,
                 .memory = args.memory,
                 .timer = args.timers,
                 .peer = !overview}; // those who wait for clients have none
    plan.services = !args.numeric && !args.output.json && !args.output.jsonl;
    TRY(plan_stat_time(args.time, words, plan));
    if (!words.empty())
        return Failure(Error::usage("unexpected " + quote(words[0]) +
                                    ": stat does not support filter expressions"));
    return plan;
}

} // namespace sockit
