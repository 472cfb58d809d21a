#include "cmd/stat_time.h"

#include "cmd/plan_common.h"
#include "op/stat.h"
#include "op/stat_events.h"
#include "op/stat_kill.h"

#include <limits>

#include <unistd.h>

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

Ending ending_of(const Result<>& done)
{
    if (done)
        return {};
    return {.status = exit_status(done.error()), .why = done.error(), .signal = {}};
}

} // namespace

std::vector<Option> stat_time_options(StatTimeArgs& args)
{
    return {
        {"-K,--kill", "", "Destroy the sockets that match, and show each", &args.kill},
        {"--dry-run", "", "With -K: show what would be destroyed", &args.dry_run},
        {"-E,--events", "", "Show TCP and UDP sockets when the kernel destroys them", &args.events},
        {"--deadline", "DUR", "Stop after that time", &args.deadline},
        {"--count", "N", "Stop after N events", &args.count},
    };
}

Result<> plan_stat_time(const StatTimeArgs& args, StatPlan& plan)
{
    if (args.kill && args.events)
        return Failure(Error::usage("-K and -E exclude each other"));
    if (args.dry_run && !args.kill)
        return Failure(Error::usage("--dry-run needs -K"));
    if (!args.events && (args.deadline || args.count))
        return Failure(
            Error::usage(std::string(args.deadline ? "--deadline" : "--count") + " needs -E"));
    plan.deadline = TRY(plan_duration(args.deadline, "--deadline"));
    plan.count =
        TRY(plan_number(args.count, "--count", 1, std::numeric_limits<std::uint64_t>::max()));
    if (args.kill)
        return plan_kill(args, plan);
    return args.events ? plan_events(plan) : Result<>();
}

Result<Ending> run_stat(const StatPlan& plan, const Emit& emit)
{
    switch (plan.act) {
    case StatAct::List: break;
    case StatAct::Kill: return ending_of(kill_sockets(plan, emit));
    case StatAct::Events: {
        const auto end = TRY(tell_destroyed(plan, emit, FdRef{STDOUT_FILENO}));
        return Ending{.status = {}, .why = {}, .signal = end.signal};
    }
    }
    const auto listed = stat_sockets(plan, emit);
    if (!listed)
        return ending_of(Failure(listed.error()));
    if (plan.check && *listed == 0)
        return ending_of(Failure(Error::unmet("stat", "", "no socket matches")));
    return Ending{};
}

} // namespace sockit
