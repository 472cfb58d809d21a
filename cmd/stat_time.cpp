#include "cmd/stat_time.h"

#include "base/parse.h"
#include "cmd/plan_common.h"

#include <chrono>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

namespace sockit {

namespace {

Error unsupported(std::string_view call, std::string reason)
{
    auto error = Error::unsupported(call, "");
    error.detail = std::move(reason);
    return error;
}

/// Leaves out what the kernel neither destroys nor tells of.
void keep_inet(StatPlan& plan)
{
    plan.local = plan.mptcp = plan.packet = plan.netlink = plan.vsock = false;
    plan.local_types = plan.packet_types = plan.vsock_types = 0;
}

Result<> plan_kill(const StatTimeArgs& args, StatPlan& plan)
{
    if (plan.source == StatSource::Proc)
        return Failure(Error::usage("-K asks the kernel: it excludes --via proc and --proc-root"));
    if (plan.selection == StatSelection::Overview)
        return Failure(Error::usage("-K needs a kind, a family, a state or a filter: without, it "
                                    "would destroy every connection"));
    if (!plan.tcp && !plan.udp && !plan.raw)
        return Failure(unsupported("sock_destroy", "no kernel destroys such sockets, only TCP, UDP "
                                                   "and raw ones"));
    if (!plan.count_by.empty() || !plan.sort.empty() || plan.totals)
        return Failure(Error::usage("-K excludes --count-by, --sort and -s"));
    keep_inet(plan);
    plan.source = StatSource::Netlink;
    if (!args.dry_run)
        plan.act = StatAct::Kill;
    return {};
}

Result<> plan_events(StatPlan& plan)
{
    if (plan.source == StatSource::Proc)
        return Failure(Error::usage("-E asks the kernel: it excludes --via proc and --proc-root"));
    if (!plan.tcp && !plan.udp)
        return Failure(unsupported("bind", "the kernel tells of TCP and UDP sockets only"));
    if (!plan.count_by.empty() || !plan.sort.empty() || plan.totals || plan.check ||
        plan.view.names)
        return Failure(Error::usage("-E excludes --count-by, --sort, --check, -r and -s"));
    keep_inet(plan);
    plan.raw = false;
    plan.act = StatAct::Events;
    return {};
}

void plan_save(const std::string& file, StatPlan& plan)
{
    plan.save = file;
    plan.shown = plan.view;
    plan.view.processes = true;
    plan.view.extended = true;
    plan.view.tcp_info = true;
    plan.view.memory = true;
    plan.view.type_of_service = true;
    plan.view.inet_options = true;
}

void plan_diff(const std::string& earlier, StatPlan& plan)
{
    plan.act = StatAct::Diff;
    plan.source = StatSource::Saved;
    plan.from = earlier;
    if (plan.selection != StatSelection::Listening)
        plan.selection = StatSelection::All;
}

Result<> plan_watch(const std::string& interval, StatPlan& plan)
{
    if (!plan.count_by.empty() || !plan.sort.empty() || plan.totals)
        return Failure(Error::usage("--watch shows sockets as they come: it excludes --count-by, "
                                    "--sort and -s"));
    plan.interval = TRY(parse_duration(interval, "--watch"));
    if (plan.interval < std::chrono::milliseconds(10))
        return bad_value("--watch", interval, "expected at least 10ms");
    plan.act = StatAct::Watch;
    return {};
}

/// Usage errors name the first two that were given.
Result<> only_one_of(std::initializer_list<std::pair<std::string_view, bool>> options)
{
    std::string_view first;
    for (const auto& [name, given] : options) {
        if (!given)
            continue;
        if (!first.empty())
            return Failure(Error::usage(std::string(first) + " and " + std::string(name) +
                                        " exclude each other"));
        first = name;
    }
    return {};
}

} // namespace

std::vector<Option> stat_time_options(StatTimeArgs& args)
{
    return {
        {"-K,--kill", "", "Destroy the sockets that match, and show each", &args.kill},
        {"--dry-run", "", "With -K: show what would be destroyed", &args.dry_run},
        {"-E,--events", "", "Show TCP and UDP sockets when the kernel destroys them", &args.events},
        {"--watch", "[DUR]", "Look again every DUR (1s): a live table, or records of changes",
         &args.watch, "1s"},
        {"--save", "FILE", "Save all that is known of the sockets, as JSON Lines", &args.save},
        {"--from", "FILE", "Read saved sockets instead of the kernel's", &args.from},
        {"--diff", "FILE", "Compare saved sockets with those of a second FILE", &args.diff},
        {"--deadline", "DUR", "Stop after that time", &args.deadline},
        {"--count", "N", "Stop after N events or looks", &args.count},
    };
}

Result<> take_second_file(const StatTimeArgs& args, std::span<const std::string>& words,
                          StatPlan& plan)
{
    if (!args.diff)
        return {};
    if (words.empty())
        return Failure(Error::usage("--diff takes two files"));
    plan.compared_with = words.front();
    words = words.subspan(1);
    return {};
}

Result<> plan_stat_time(const StatTimeArgs& args, StatPlan& plan)
{
    TRY(only_one_of({{"-K", args.kill},
                     {"-E", args.events},
                     {"--diff", args.diff.has_value()},
                     {"--watch", args.watch.has_value()},
                     {"--save", args.save.has_value()}}));
    TRY(only_one_of({{"-K", args.kill},
                     {"-E", args.events},
                     {"--diff", args.diff.has_value()},
                     {"--watch", args.watch.has_value()},
                     {"--from", args.from.has_value()}}));
    if (args.dry_run && !args.kill)
        return Failure(Error::usage("--dry-run needs -K"));
    if (!args.events && !args.watch && (args.deadline || args.count))
        return Failure(Error::usage(std::string(args.deadline ? "--deadline" : "--count") +
                                    " needs -E or --watch"));
    plan.deadline = TRY(plan_duration(args.deadline, "--deadline"));
    plan.count =
        TRY(plan_number(args.count, "--count", 1, std::numeric_limits<std::uint64_t>::max()));
    if (plan.totals && (args.save || args.from || args.diff))
        return Failure(Error::usage("-s counts sockets of the kernel: it excludes --save, --from "
                                    "and --diff"));
    if (args.save)
        plan_save(*args.save, plan);
    plan.from = args.from;
    if (args.diff)
        plan_diff(*args.diff, plan);
    if (args.watch)
        TRY(plan_watch(*args.watch, plan));
    if (args.kill)
        return plan_kill(args, plan);
    return args.events ? plan_events(plan) : Result<>();
}

} // namespace sockit
