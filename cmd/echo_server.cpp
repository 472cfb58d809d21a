#include "cmd/echo_server.h"

#include "cmd/plan_common.h"
#include "cmd/run_planned.h"
#include "report/shapes.h"

namespace sockit {

Result<EchoServerPlan> plan_echo_server(const EchoServerArgs& args, const OutputPlan& output)
{
    EchoServerPlan plan;
    plan.listener = TRY(plan_listener(args.server, args.network, args.words));
    const Transport transport = plan.listener.target.transport;
    if (transport != Transport::Tcp && transport != Transport::UnixStream &&
        transport != Transport::Udp && transport != Transport::UnixDgram)
        return Failure(transport_unsupported(transport, "echo server"));
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    plan.tell_peers = output.format == Format::Jsonl || output.verbosity > 0;
    return plan;
}

namespace {

class EchoServerInvocation final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined({server_options(m_args.server),
                       {deadline_option(m_args.network)},
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
