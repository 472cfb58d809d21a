#include "cmd/why_bind.h"

#include "cmd/plan_common.h"
#include "cmd/run_planned.h"
#include "op/why_bind.h"
#include "report/describe.h"

namespace sockit {

namespace {

Result<> check_bindable(Transport transport)
{
    switch (transport) {
    case Transport::Tcp:
    case Transport::Tls:
    case Transport::Mptcp:
    case Transport::Udp: return {};
    default: return Failure(transport_unsupported(transport, "sockopts why-bind"));
    }
}

class WhyBind final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined({socket_options(m_args.network), output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        const auto act = [](const ListenerPlan& plan, const Emit& emit) -> Result<Ending> {
            TRY(check_bindable(plan.target.transport));
            const auto end = TRY(why_bind(plan, emit));
            Ending ending{.why = end.error, .signal = {}};
            if (end.error)
                ending.status = exit_status(*end.error);
            return ending;
        };
        const auto early = [](const ListenerPlan& /*plan*/, const Emit& emit, const Error& error) {
            emit(Failed{error});
            emit(WhyBindSummary{});
        };
        return run_planned(plan_output(m_args.output), plan_why_bind(m_args), m_args.network.netns,
                           {.shape = why_bind_shape, .flush = Flush::WhenFull}, act, early);
    }

private:
    WhyBindArgs m_args;
};

} // namespace

Result<ListenerPlan> plan_why_bind(const WhyBindArgs& args)
{
    if (!args.words.empty())
        return plan_listener({}, args.network, args.words);
    Error error = Error::usage("missing ADDR:PORT");
    error.hint = "for example sockit sockopts why-bind tcp:0.0.0.0:80";
    return Failure(std::move(error));
}

std::unique_ptr<Invocation> make_why_bind() { return std::make_unique<WhyBind>(); }

} // namespace sockit
