#include "cmd/connect.h"

#include "cmd/command.h"
#include "cmd/plan_common.h"
#include "cmd/session.h"
#include "report/shapes.h"
#include "sock/netns.h"

namespace sockit {

namespace {

class Connect final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined({{timeout_option(m_args.network,
                                       "Limit for names, addresses and handshake (default: 10s)"),
                        deadline_option(m_args.network), source_option(m_args.network)},
                       relay_options(m_args.relay),
                       socket_options(m_args.network),
                       output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        m_args.child_words = child_words;
        auto output = plan_output(m_args.output);
        if (!output)
            return fail(output.error());
        output->report = m_args.relay.report;
        const auto plan = plan_connect(m_args);
        if (!plan)
            return fail(plan.error());
        const auto session =
            Session::open(*output, {.shape = connect_shape, .stdout_carries_payload = true});
        if (!session)
            return fail(session.error());
        if (const auto transport = plan->target.transport; !is_relayed(transport))
            return fail_early(**session, *plan, transport_unsupported(transport, "connect"));
        if (m_args.network.netns)
            if (auto entered = enter_netns(*m_args.network.netns); !entered)
                return fail_early(**session, *plan, entered.error());
        return finish(**session, op::connect(*plan, (*session)->emit()));
    }

private:
    static ExitStatus fail_early(Session& session, const ConnectPlan& plan, const Error& error)
    {
        ConnectSummary summary;
        summary.target = plan.target.text;
        summary.error = error;
        session.emit()(ConnectFailed{error});
        session.emit()(summary);
        return session.finish({.status = exit_status(error), .why = error, .signal = {}});
    }

    static ExitStatus finish(Session& session, const ConnectEnd& end)
    {
        Ending ending{.why = end.error, .signal = end.signal};
        if (end.error)
            ending.status = exit_status(*end.error);
        else if (end.child_status)
            ending.status = static_cast<ExitStatus>(*end.child_status);
        return session.finish(ending);
    }

    ConnectArgs m_args;
};

} // namespace

Result<ConnectPlan> plan_connect(const ConnectArgs& args)
{
    if (args.words.empty())
        return Failure(Error::usage("no target: expected HOST:PORT or unix:PATH"));
    ConnectPlan plan;
    plan.target = TRY(parse_target(args.words, Role::Client));
    plan.socket = TRY(plan_socket(args.network));
    if (const auto timeout = TRY(plan_duration(args.network.timeout, "--timeout")))
        plan.timeout = *timeout;
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    const auto output = TRY(plan_output(args.output));
    auto choice = TRY(plan_relay(args.relay, output, args.child_words));
    plan.relay = choice.relay;
    plan.payload = std::move(choice.payload);
    plan.child = std::move(choice.child);
    return plan;
}

std::unique_ptr<Invocation> make_connect() { return std::make_unique<Connect>(); }

} // namespace sockit
