#include "cmd/listen.h"

#include "cmd/plan_common.h"
#include "cmd/proxy_options.h"
#include "cmd/run_planned.h"
#include "cmd/sandbox.h"
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
              timeout_option(m_args.network, "Limit for one answer of the peer (default: 10s)"),
              deadline_option(m_args.network),
              sandbox_option(m_args.network),
              {"--allow", "CIDR", "Let in only peers from there (repeatable)", &m_args.allow},
              {"--deny", "CIDR", "Let in no peers from there, even if allowed (repeatable)",
               &m_args.deny},
              {"--proxy-protocol", "", "Connections begin with a PROXY header that names the peer",
               &m_args.proxy_protocol}},
             listen_mode_options(m_args.modes),
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
            return relay_ending(op::listen(plan, emit));
        };
        const auto early = [](const ListenPlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(ListenSummary{.error = error});
        };
        auto plan = plan_listen(m_args);
        if (plan && output)
            plan->relay.progress = shows_progress(*output) && !plan->relay.hex;
        return run_planned(output, plan, m_args.network.netns,
                           {.shape = listen_shape, .stdout_carries_payload = true}, act, early);
    }

private:
    ListenArgs m_args;
};

/// What only a single connection can have.
Result<> check_many(const RelayArgs& args)
{
    struct Forbidden {
        bool given;
        std::string_view name;
    };
    for (const auto& option :
         {Forbidden{args.send_only, "--send-only"},
          Forbidden{!args.dialogue.empty(), "--send or --expect"}, Forbidden{args.crlf, "--crlf"},
          Forbidden{args.per_line, "--per-line"},
          Forbidden{args.datagram_size.has_value(), "--datagram-size"},
          Forbidden{args.hex, "--hex"}, Forbidden{args.line_delay.has_value(), "--line-delay"},
          Forbidden{args.rate.has_value(), "--rate"}})
        if (option.given)
            return Failure(
                Error::usage(std::string(option.name) + " wants a single connection: not with -k"));
    return {};
}

/// Datagrams come from any number of peers.
Result<> check_single_peer(const ListenPlan& plan)
{
    const bool many = socket_type(plan.listener.target.transport) == SOCK_DGRAM;
    if (many && (plan.relay.dialogue.wanted() || plan.relay.hex))
        return Failure(Error::usage("--send, --expect and --hex want a single peer"));
    return {};
}

} // namespace

Result<ListenPlan> plan_listen(const ListenArgs& args)
{
    ListenPlan plan;
    plan.listener = TRY(plan_listener(args.server, args.network, args.words));
    plan.listener.access = TRY(plan_access(args.allow, args.deny, plan.listener.target));
    plan.proxy_protocol = args.proxy_protocol;
    plan.keep_open = args.keep_open;
    plan.accept_timeout = TRY(plan_duration(args.accept_timeout, "--accept-timeout"));
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    plan.tls = TRY(plan_tls_server(args.tls, plan.listener.target));
    const auto output = TRY(plan_output(args.output));
    if (args.keep_open)
        TRY(check_many(args.relay));
    const auto timeout = TRY(plan_duration(args.network.timeout, "--timeout"));
    plan.patience = timeout.value_or(plan.patience);
    auto choice = TRY(plan_relay(args.relay, output, plan.patience, args.child_words));
    TRY(check_datagrams(plan.listener.target.transport, choice));
    plan.relay = choice.relay;
    TRY(check_single_peer(plan));
    plan.framing = choice.framing;
    plan.payload = std::move(choice.payload);
    plan.child = std::move(choice.child);
    TRY(plan_modes(args.modes, args.relay, plan));
    plan.sandbox =
        TRY(plan_server_sandbox(args.network, args.server, args.tls, plan.listener.target,
                                {.runs_command = plan.child.wanted(),
                                 .writable = {args.output.output, args.relay.out, args.relay.report,
                                              plan.payload.directory}}));
    return plan;
}

std::unique_ptr<Invocation> make_listen() { return std::make_unique<Listen>(); }

} // namespace sockit
