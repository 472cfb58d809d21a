#include "cmd/listen.h"

#include "cmd/command.h"
#include "cmd/plan_common.h"
#include "cmd/session.h"
#include "report/shapes.h"
#include "sock/netns.h"

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
        const auto plan = plan_listen(m_args);
        if (!plan)
            return fail(plan.error());
        const auto session =
            Session::open(*output, {.shape = listen_shape, .stdout_carries_payload = true});
        if (!session)
            return fail(session.error());
        if (const auto transport = plan->listener.target.transport; !is_relayed(transport))
            return fail_early(**session, transport_unsupported(transport, "listen"));
        if (m_args.network.netns)
            if (auto entered = enter_netns(*m_args.network.netns); !entered)
                return fail_early(**session, entered.error());
        return finish(**session, op::listen(*plan, (*session)->emit()));
    }

private:
    static ExitStatus fail_early(Session& session, const Error& error)
    {
        session.emit()(Failed{error});
        session.emit()(ListenSummary{.error = error});
        return session.finish({.status = exit_status(error), .why = error, .signal = {}});
    }

    static ExitStatus finish(Session& session, const ListenEnd& end)
    {
        Ending ending{.why = end.error, .signal = end.signal};
        if (end.error)
            ending.status = exit_status(*end.error);
        else if (end.child_status)
            ending.status = static_cast<ExitStatus>(*end.child_status);
        return session.finish(ending);
    }

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
    const auto output = TRY(plan_output(args.output));
    auto choice = TRY(plan_relay(args.relay, output, args.child_words));
    plan.relay = choice.relay;
    plan.payload = std::move(choice.payload);
    plan.child = std::move(choice.child);
    return plan;
}

std::unique_ptr<Invocation> make_listen() { return std::make_unique<Listen>(); }

} // namespace sockit
