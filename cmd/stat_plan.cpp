#include "base/parse.h"
#include "cmd/plan_common.h"
#include "cmd/stat_columns.h"
#include "cmd/stat_kinds.h"

#include <algorithm>
#include <utility>

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
    if (args.all_namespaces && args.time.from)
        return Failure(Error::usage("--from and --all-netns exclude each other"));
    if (args.all_namespaces && (args.time.kill || args.time.events))
        return Failure(Error::usage("-K and -E work in one namespace: they exclude --all-netns"));
    if (args.time.from && (args.via || args.proc_root || args.netns))
        return Failure(Error::usage("--from excludes --via, --proc-root and --netns"));
    if (args.time.from)
        return StatSource::Saved;
    if (args.proc_root || via == "proc")
        return StatSource::Proc;
    return via == "netlink" ? StatSource::Netlink : StatSource::Auto;
}

/// The family of hosts without one: the one that is listed, or of IP and unix sockets either.
int filter_family(const StatPlan& plan)
{
    if (plan.tcp || plan.udp || plan.raw || plan.mptcp)
        return AF_UNSPEC;
    if (plan.local)
        return AF_UNIX;
    if (plan.packet)
        return AF_PACKET;
    return plan.netlink ? AF_NETLINK : AF_VSOCK;
}

Result<std::optional<Filter>> plan_filter(std::span<const std::string> words, const StatPlan& plan)
{
    if (words.empty())
        return std::nullopt;
    std::string text;
    for (const auto& word : words)
        text += (&word == words.data() ? "" : " ") + word;
    return TRY(parse_filter(text, filter_family(plan)));
}

/// What else there is to show of each socket, and what of all of them together.
Result<> plan_views(const StatArgs& args, StatPlan& plan)
{
    for (const auto& [names, option] :
         {std::pair(&args.columns, "--columns"), std::pair(&args.count_by, "--count-by")}) {
        if (!*names)
            continue;
        auto& columns = names == &args.columns ? plan.view.columns : plan.count_by;
        columns = TRY(plan_columns(**names, option));
        for (const auto* column : columns)
            add_need(*column, plan.view);
    }
    for (auto at = plan.count_by.begin(); at != plan.count_by.end(); ++at)
        if (std::find(plan.count_by.begin(), at, *at) != at) // keys of one object
            return Failure(Error::usage("--count-by names " + std::string((*at)->name) + " twice"));
    if (args.sort)
        plan.sort = TRY(plan_order(*args.sort));
    for (const auto& order : plan.sort)
        add_need(*order.column, plan.view);
    const bool more_wanted =
        args.time.events || args.extended || args.info || args.memory || args.timers;
    if (plan.selection == StatSelection::Overview && !args.columns && !more_wanted)
        plan.view.columns = TRY(plan_columns("netid,queue,local,owner", ""));
    if (args.timeout && !args.resolve)
        return Failure(Error::usage("--timeout needs -r"));
    constexpr Duration customary = std::chrono::seconds(5);
    if (args.resolve)
        plan.names_limit = TRY(plan_duration(args.timeout, "--timeout")).value_or(customary);
    if (!plan.count_by.empty() && (args.columns || args.sort))
        return Failure(Error::usage(std::string("--count-by and ") +
                                    (args.columns ? "--columns" : "--sort") +
                                    " exclude each other"));
    return {};
}

} // namespace

Result<StatPlan> plan_stat(const StatArgs& args, std::span<const std::string> words)
{
    StatPlan plan;
    TRY(take_second_file(args.time, words, plan));
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
    else if (args.time.looks_at_all() ||
             ((args.count_by || args.columns || args.sort) && words.empty() && !args.time.kill))
        plan.selection = StatSelection::All;
    else if (args.totals && words.empty())
        plan.selection = StatSelection::None;
    plan.filter = TRY(plan_filter(words, plan));
    if (plan.filter && plan.selection == StatSelection::Overview)
        plan.selection = StatSelection::Connected;
    const bool overview = plan.selection == StatSelection::Overview;
    plan.totals = args.totals;
    plan.check = args.check;
    plan.view = {.processes = args.processes || args.threads || overview,
                 .extended = args.extended,
                 .tcp_info = args.info,
                 .memory = args.memory,
                 .timer = args.timers,
                 .threads = args.threads,
                 .names = args.resolve,
                 .one_line = args.one_line,
                 .cgroup = args.cgroup,
                 .type_of_service = args.type_of_service,
                 .inet_options = args.inet_options};
    TRY(plan_views(args, plan));
    plan.all_namespaces = args.all_namespaces;
    plan.bound_inactive = args.bound_inactive;
    if (plan.all_namespaces && plan.filter && has_test<DeviceTest>(*plan.filter))
        return Failure(Error::usage("a device is of one namespace: --all-netns excludes dev"));
    plan.services = !args.numeric && !args.output.json && !args.output.jsonl;
    TRY(plan_stat_time(args.time, plan));
    if (plan.act == StatAct::Events && plan.filter && needs_owners(*plan.filter))
        return Failure(Error::usage("-E cannot tell whose a socket was: no pid or comm with it"));
    return plan;
}

} // namespace sockit
