#include "cmd/stat.h"

#include "cmd/run_planned.h"
#include "cmd/screen.h"
#include "cmd/stat_acts.h"
#include "report/describe.h"

namespace sockit {

namespace {

const DocumentShape& shape_of(StatAct act, bool counts)
{
    switch (act) {
    case StatAct::Events: return stat_events_shape;
    case StatAct::Watch:
    case StatAct::Diff: return stat_changes_shape;
    case StatAct::List:
    case StatAct::Kill: break;
    }
    return counts ? stat_counts_shape : stat_shape;
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
        auto output = plan_output(m_args.output);
        auto plan = plan_stat(m_args, words);
        const bool watches = plan && plan->act == StatAct::Watch;
        const bool as_it_happens = watches || (plan && plan->act == StatAct::Events);
        if (watches && output) {
            plan->live = watches_live(*plan, *output);
            if (!plan->live && output->format == Format::Text)
                output->format = Format::Jsonl; // changes are for programs
        }
        return run_planned(
            output, plan, m_args.netns,
            {.shape = shape_of(plan ? plan->act : StatAct::List, m_args.count_by.has_value()),
             .flush = as_it_happens ? Flush::EachRecord : Flush::WhenFull,
             .header = !m_args.no_header,
             .screen = plan && plan->live ? screen_size : nullptr},
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
             {"-w,--raw", "", "Raw sockets", &args.raw},
             {"-0,--packet", "", "Packet sockets", &args.packet},
             {"-M,--mptcp", "", "Multipath TCP sockets", &args.mptcp},
             {"--vsock", "", "Sockets between virtual machines and their host", &args.vsock},
             {"-f,--family", "FAMILY", "inet, inet6, unix, link, netlink or vsock", &args.families},
             {"-A,--query", "LIST", "Kinds by their names: tcp,unix_dgram,… (!NAME: not it)",
              &args.queries},
             {"-4,--ipv4", "", "IPv4 only", &args.v4},
             {"-6,--ipv6", "", "IPv6 only", &args.v6},
             {"-B,--bound-inactive", "", "TCP sockets that were bound and nothing more",
              &args.bound_inactive},
             {"-n,--numeric", "", "Numbers instead of service names", &args.numeric},
             {"-r,--resolve", "", "Names of addresses, numbers where there are none",
              &args.resolve},
             {"--timeout", "DUR", "With -r: wait so long for the names, in all (default 5s)",
              &args.timeout},
             {"-p,--processes", "", "The processes that have the socket open", &args.processes},
             {"-T,--threads", "", "The same by thread", &args.threads},
             {"-e,--extended", "", "User, inode, cookie, control group, shutdown", &args.extended},
             {"-i,--info", "", "What TCP knows of the connection", &args.info},
             {"--tos", "", "Type of service, traffic class, class id", &args.type_of_service},
             {"--inet-sockopt", "", "Flags set with setsockopt", &args.inet_options},
             {"--cgroup", "", "Control group", &args.cgroup},
             {"-m,--memory", "", "Memory of the socket", &args.memory},
             {"-o,--options", "", "Pending timers", &args.timers},
             {"-s,--summary", "", "The kernel's own counts, at once", &args.totals},
             {"--count-by", "LIST", "How many have the same COLUMN,…: state, process, peer …",
              &args.count_by},
             {"--columns", "LIST", "Show these columns", &args.columns},
             {"--sort", "LIST", "Sort by these columns, -COLUMN descending", &args.sort},
             {"--check", "", "Exit status 1 if nothing matches", &args.check},
             {"-O,--oneline", "", "Everything about a socket on one line", &args.one_line},
             {"-H,--no-header", "", "No column names", &args.no_header},
             {"--via", "SOURCE", "auto, netlink or proc", &args.via},
             {"--proc-root", "DIR", "Read a directory laid out like /proc", &args.proc_root},
             {"--all-netns", "", "Sockets of every network namespace", &args.all_namespaces},
             {"-N,--netns", "NAME|PATH|PID", "Look into that network namespace", &args.netns},
         },
         stat_time_options(args.time),
         output_options(args.output)});
}

std::unique_ptr<Invocation> make_stat() { return std::make_unique<Stat>(); }

} // namespace sockit
