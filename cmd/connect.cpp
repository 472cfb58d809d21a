#include "cmd/connect.h"

#include "cmd/plan_common.h"
#include "cmd/proxy_options.h"
#include "cmd/run_planned.h"
#include "cmd/sandbox.h"
#include "report/shapes.h"

namespace sockit {

namespace {

class Connect final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined(
            {{timeout_option(m_args.network,
                             "Limit for names, addresses and handshake (default: 10s)"),
              deadline_option(m_args.network),
              source_option(m_args.network),
              sandbox_option(m_args.network),
              {"--retry", "N", "After a failure to connect, try up to N times more", &m_args.retry},
              {"--retry-interval", "DUR", "Pause before another try (default: 1s)",
               &m_args.retry_interval},
              {"--proxy", "URL",
               "Through a proxy: socks5, socks5h, socks4, socks4a or http://HOST:PORT",
               &m_args.proxy},
              {"--proxy-protocol", "VERSION",
               "Send a PROXY header first: v1 or v2, with =ADDR from there, not us",
               &m_args.proxy_protocol}},
             tls_client_options(m_args.tls),
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
        const auto act = [](const ConnectPlan& plan, const Emit& emit) -> Result<Ending> {
            return relay_ending(op::connect(plan, emit));
        };
        const auto early = [](const ConnectPlan& plan, const Emit& emit, const Error& error) {
            ConnectSummary summary;
            summary.target = plan.target.text;
            summary.error = error;
            emit(ConnectFailed{error});
            emit(summary);
        };
        auto plan = plan_connect(m_args);
        if (plan && output)
            plan->relay.progress = shows_progress(*output) && !plan->relay.hex;
        return run_planned(output, plan, m_args.network.netns,
                           {.shape = connect_shape, .stdout_carries_payload = true}, act, early);
    }

private:
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
    constexpr std::uint64_t most_retries = 1'000'000'000;
    plan.retries = TRY(plan_number(args.retry, "--retry", 0, most_retries)).value_or(0);
    if (const auto interval = TRY(plan_duration(args.retry_interval, "--retry-interval")))
        plan.retry_interval = *interval;
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    plan.proxy = TRY(plan_proxy(args.proxy, plan.target, plan.socket.family));
    plan.proxy_header = TRY(plan_proxy_header(args.proxy_protocol, plan.target));
    plan.tls = TRY(plan_tls_client(args.tls, plan.target));
    const auto output = TRY(plan_output(args.output));
    auto choice = TRY(plan_relay(args.relay, output, plan.timeout, args.child_words));
    TRY(check_datagrams(plan.target.transport, choice));
    plan.relay = choice.relay;
    plan.framing = choice.framing;
    plan.payload = std::move(choice.payload);
    plan.child = std::move(choice.child);
    plan.sandbox = TRY(
        plan_client_sandbox(args.network, args.tls,
                            {.runs_command = plan.child.wanted(),
                             .writable = {args.output.output, args.relay.out, args.relay.report}}));
    return plan;
}

std::unique_ptr<Invocation> make_connect() { return std::make_unique<Connect>(); }

} // namespace sockit
