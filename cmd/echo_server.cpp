#include "cmd/echo_server.h"

#include "cmd/command.h"
#include "cmd/plan_common.h"
#include "report/shapes.h"
#include "sock/netns.h"

namespace sockit {

Result<EchoServerPlan> plan_echo_server(const EchoServerArgs& args, const OutputPlan& output)
{
    EchoServerPlan plan;
    plan.listener = TRY(plan_listener(args.server, args.network, args.words));
    const Transport transport = plan.listener.target.transport;
    if (transport != Transport::Tcp && transport != Transport::UnixStream)
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
        if (!output)
            return fail(output.error());
        const auto plan = plan_echo_server(m_args, *output);
        if (!plan)
            return fail(plan.error());
        const auto session = Session::open(*output, {.shape = echo_shape});
        if (!session)
            return fail(session.error());
        return serve(*plan, **session);
    }

private:
    ExitStatus serve(const EchoServerPlan& plan, Session& session)
    {
        const Emit emit = session.emit();
        const auto end = [&]() -> Result<std::optional<int>> {
            if (m_args.network.netns)
                TRY(enter_netns(*m_args.network.netns));
            return echo_server(plan, emit);
        }();
        if (!end) {
            emit(Failed{end.error()});
            emit(EchoServerSummary{});
            return session.finish({.status = exit_status(end.error()), .why = end.error()});
        }
        return session.finish({.signal = *end});
    }

    EchoServerArgs m_args;
};

} // namespace

std::unique_ptr<Invocation> make_echo_server() { return std::make_unique<EchoServerInvocation>(); }

} // namespace sockit
