#include "cmd/stat.h"

#include "base/escape.h"
#include "base/parse.h"
#include "cmd/run_planned.h"

#include <array>

namespace sockit {

namespace {

constexpr std::array placements{
    Placement{"start", Placement::Where::Top},
    Placement{"socket", Placement::Where::Array, "sockets"},
    Placement{"summary", Placement::Where::Object, "summary"},
};

class Stat final : public Invocation {
public:
    std::vector<Option> options() override { return stat_options(m_args); }

    ExitStatus run() override
    {
        const auto act = [](const StatPlan& plan, const Emit& emit) -> Result<Ending> {
            const auto listed = stat_sockets(plan, emit);
            if (listed)
                return Ending{};
            return Ending{
                .status = exit_status(listed.error()), .why = listed.error(), .signal = {}};
        };
        const auto early = [](const StatPlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(StatSummary{});
        };
        return run_planned(plan_output(m_args.output), plan_stat(m_args, words), m_args.netns,
                           {.shape = {.schema = "sockit.stat/1", .placements = placements},
                            .flush = Flush::WhenFull,
                            .header = !m_args.no_header},
                           act, early);
    }

private:
    StatArgs m_args;
};

Result<StatSource> plan_source(const StatArgs& args)
{
    const auto via = args.via.value_or("auto");
    if (via != "auto" && via != "netlink" && via != "proc")
        return bad_value("--via", via, "expected auto, netlink or proc");
    if (args.proc_root && via == "netlink")
        return Failure(Error::usage("--proc-root and --via netlink exclude each other"));
    if (args.proc_root && args.netns)
        return Failure(Error::usage("--proc-root and --netns exclude each other"));
    if (args.proc_root || via == "proc")
        return StatSource::Proc;
    return via == "netlink" ? StatSource::Netlink : StatSource::Auto;
}

} // namespace

std::vector<Option> stat_options(StatArgs& args)
{
    return joined(
        {{
             {"-a,--all", "", "Sockets in every state, not only connected ones", &args.all},
             {"-l,--listening", "", "Only sockets that wait for clients", &args.listening},
             {"-t,--tcp", "", "TCP sockets", &args.tcp},
             {"-u,--udp", "", "UDP sockets", &args.udp},
             {"-x,--unix", "", "Unix sockets", &args.local},
             {"-4,--ipv4", "", "IPv4 only", &args.v4},
             {"-6,--ipv6", "", "IPv6 only", &args.v6},
             {"-n,--numeric", "", "Numbers instead of service names", &args.numeric},
             {"-p,--processes", "", "The processes that have the socket open", &args.processes},
             {"-e,--extended", "", "User, inode, cookie, control group, shutdown", &args.extended},
             {"-i,--info", "", "What TCP knows of the connection", &args.info},
             {"-m,--memory", "", "Memory of the socket", &args.memory},
             {"-o,--options", "", "Pending timers", &args.timers},
             {"-H,--no-header", "", "No column names", &args.no_header},
             {"--via", "SOURCE", "auto, netlink or proc", &args.via},
             {"--proc-root", "DIR", "Read a directory laid out like /proc", &args.proc_root},
             {"--netns", "NAME|PATH|PID", "Look into that network namespace", &args.netns},
         },
         output_options(args.output)});
}

Result<StatPlan> plan_stat(const StatArgs& args, std::span<const std::string> words)
{
    if (!words.empty())
        return Failure(Error::usage("unexpected " + quote(words[0]) +
                                    ": stat does not support filter expressions"));
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
    return plan;
}

std::unique_ptr<Invocation> make_stat() { return std::make_unique<Stat>(); }

} // namespace sockit
