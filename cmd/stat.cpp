#include "cmd/stat.h"

#include "cmd/run_planned.h"

#include <array>

namespace sockit {

namespace {

constexpr std::array placements{
    Placement{"start", Placement::Where::Top},
    Placement{"socket", Placement::Where::Array, "sockets"},
    Placement{"summary", Placement::Where::Object, "summary"},
};
constexpr DocumentShape stat_shape{.schema = "sockit.stat/1", .placements = placements};

constexpr std::array event_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"event", Placement::Where::Array, "events"},
    Placement{"summary", Placement::Where::Object, "summary"},
};
constexpr DocumentShape stat_events_shape{.schema = "sockit.stat/1",
                                          .placements = event_placements};

constexpr std::array change_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"change", Placement::Where::Array, "changes"},
    Placement{"summary", Placement::Where::Object, "summary"},
};
constexpr DocumentShape stat_changes_shape{.schema = "sockit.stat/1",
                                           .placements = change_placements};

const DocumentShape& shape_of(StatAct act)
{
    switch (act) {
    case StatAct::Events: return stat_events_shape;
    case StatAct::Diff: return stat_changes_shape;
    case StatAct::List:
    case StatAct::Kill: break;
    }
    return stat_shape;
}

class Stat final : public Invocation {
public:
    std::vector<Option> options() override { return stat_options(m_args); }

    ExitStatus run() override
    {
        const auto early = [](const StatPlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(StatSummary{});
        };
        const auto plan = plan_stat(m_args, words);
        const bool as_it_happens = plan && plan->act == StatAct::Events;
        return run_planned(plan_output(m_args.output), plan, m_args.netns,
                           {.shape = shape_of(plan ? plan->act : StatAct::List),
                            .flush = as_it_happens ? Flush::EachRecord : Flush::WhenFull,
                            .header = !m_args.no_header},
                           run_stat, early);
    }

private:
    StatArgs m_args;
};

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
         stat_time_options(args.time),
         output_options(args.output)});
}

std::unique_ptr<Invocation> make_stat() { return std::make_unique<Stat>(); }

} // namespace sockit
