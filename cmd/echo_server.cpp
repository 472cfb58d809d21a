#include "cmd/echo_server.h"

#include "base/parse.h"
#include "cmd/plan_common.h"
#include "cmd/run_planned.h"
#include "cmd/sandbox.h"
#include "report/shapes.h"

namespace sockit {

namespace {

Result<EchoMode> plan_mode(const std::optional<std::string>& text)
{
    if (!text || *text == "echo")
        return EchoMode::Echo;
    if (*text == "discard")
        return EchoMode::Discard;
    if (*text == "chargen")
        return EchoMode::Chargen;
    return bad_value("--mode", *text, "expected echo, discard or chargen");
}

/// Whether to answer as sockperf's clients expect.
Result<bool> plan_compatibility(const std::optional<std::string>& text)
{
    if (text && *text != "sockperf")
        return bad_value("--compat", *text, "expected sockperf");
    return text.has_value();
}

/// Where there are no connections, what is done with those means nothing.
Result<> check_transport(const EchoServerPlan& plan, const EchoServerArgs& args)
{
    struct Given {
        std::string_view name;
        bool given;
    };
    const auto transport = plan.listener.target.transport;
    if (socket_type(transport) != SOCK_DGRAM)
        return {};
    for (const auto& [name, given] :
         {Given{"--max-conns", args.server.max_connections.has_value()},
          Given{"--reset-after", args.faults.reset_after.has_value()},
          Given{"--half-close-after", args.faults.half_close_after.has_value()}})
        if (given)
            return Failure(Error::usage(std::string(name) +
                                        " wants connections: there are none over " +
                                        std::string(transport_name(transport))));
    return {};
}

/// What only a sender can do wrong.
Result<> check_discard(const EchoFaultPlan& faults)
{
    EchoFaultPlan possible = faults;
    possible.delay = possible.jitter = {};
    possible.rate.reset();
    possible.corrupt = possible.drop = possible.duplicate = possible.reorder = 0;
    if (possible == faults)
        return {};
    return Failure(Error::usage("--delay, --rate, --corrupt, --drop, --duplicate and --reorder "
                                "want something to send: not with --mode discard"));
}

} // namespace

Result<EchoServerPlan> plan_echo_server(const EchoServerArgs& args, const OutputPlan& output)
{
    constexpr std::uint64_t most_threads = 1024;
    EchoServerPlan plan;
    plan.listener = TRY(plan_listener(args.server, args.network, args.words));
    plan.tls = TRY(plan_tls_server(args.tls, plan.listener.target));
    plan.mode = TRY(plan_mode(args.mode));
    plan.threads = TRY(plan_number(args.threads, "--threads", 1, most_threads)).value_or(1);
    plan.faults = TRY(plan_echo_faults(args.faults));
    if (plan.mode == EchoMode::Discard)
        TRY(check_discard(plan.faults));
    if (plan.faults.no_accept && !plan.listener.backlog)
        plan.listener.backlog = 1;
    plan.patience = TRY(plan_duration(args.network.timeout, "--timeout")).value_or(plan.patience);
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    plan.sockperf = TRY(plan_compatibility(args.compat));
    if (plan.sockperf && plan.mode != EchoMode::Echo)
        return Failure(
            Error::usage("--compat sockperf answers messages: not with --mode " + *args.mode));
    if (!plan.listener.passed)
        TRY(check_transport(plan, args));
    plan.sandbox =
        TRY(plan_server_sandbox(args.network, args.server, args.tls, plan.listener.target,
                                {.writable = {args.output.output}}));
    plan.tell_peers = output.format == Format::Jsonl || output.verbosity > 0;
    return plan;
}

namespace {

class EchoServerInvocation final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined(
            {{{"--mode", "MODE", "echo, discard or chargen (default: echo)", &m_args.mode},
              {"--compat", "PROGRAM", "Answer the clients of that program: sockperf",
               &m_args.compat},
              {"--threads", "N", "So many threads, each with a share of the connections",
               &m_args.threads}},
             echo_fault_options(m_args.faults),
             server_options(m_args.server),
             tls_server_options(m_args.tls),
             {timeout_option(m_args.network, "Limit for a TLS handshake (default: 10s)"),
              deadline_option(m_args.network), sandbox_option(m_args.network)},
             socket_options(m_args.network),
             output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        const auto output = plan_output(m_args.output);
        const auto act = [](const EchoServerPlan& plan, const Emit& emit) -> Result<Ending> {
            return Ending{.status = {}, .why = {}, .signal = TRY(echo_server(plan, emit))};
        };
        const auto early = [](const EchoServerPlan& /*plan*/, const Emit& emit,
                              const Error& error) {
            emit(Failed{error});
            emit(EchoServerSummary{});
        };
        return run_planned(output, plan_echo_server(m_args, output.value_or(OutputPlan{})),
                           m_args.network.netns, {.shape = echo_shape}, act, early);
    }

private:
    EchoServerArgs m_args;
};

} // namespace

std::unique_ptr<Invocation> make_echo_server() { return std::make_unique<EchoServerInvocation>(); }

} // namespace sockit
