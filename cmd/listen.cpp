#include "cmd/listen.h"

#include "cmd/plan_common.h"
#include "cmd/run_planned.h"
#include "report/shapes.h"

namespace sockit {

namespace {

class Listen final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined(
            {{{"-k,--keep-open", "", "Serve any number of connections at once", &m_args.keep_open},
              {"--accept-timeout", "DUR", "End when nobody has connected for so long",
               &m_args.accept_timeout},
              deadline_option(m_args.network)},
             server_options(m_args.server),
             tls_server_options(m_args.tls),
             relay_options(m_args.relay),
             socket_options(m_args.network),
             output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        m_args.child_words = child_words;
        auto output = plan_output(m_args.output);
        if (output)
            output->report = m_args.relay.report;
        const auto act = [](const ListenPlan& plan, const Emit& emit) -> Result<Ending> {
            TRY(check_relayed(plan.listener.target.transport, "listen"));
            return relay_ending(op::listen(plan, emit));
        };
        const auto early = [](const ListenPlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(ListenSummary{.error = error});
        };
        return run_planned(output, plan_listen(m_args), m_args.network.netns,
                           {.shape = listen_shape, .stdout_carries_payload = true}, act, early);
    }

private:
    ListenArgs m_args;
};

} // namespace

Result<ListenPlan> plan_listen(const ListenArgs& args)
{
    ListenPlan plan;
    plan.listener = TRY(plan_listener(args.server, args.network, args.words));
    plan.keep_open = args.keep_open;
    plan.accept_timeout = TRY(plan_duration(args.accept_timeout, "--accept-timeout"));
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    if (args.keep_open && args.relay.send_only)
        return Failure(Error::usage("-k reads no stdin: --send-only wants a single connection"));
    plan.tls = TRY(plan_tls_server(args.tls, plan.listener.target));
    const auto output = TRY(plan_output(args.output));
    auto choice = TRY(plan_relay(args.relay, output, args.child_words));
    plan.relay = choice.relay;
    plan.payload = std::move(choice.payload);
    plan.child = std::move(choice.child);
    return plan;
}

std::unique_ptr<Invocation> make_listen() { return std::make_unique<Listen>(); }

} // namespace sockit
