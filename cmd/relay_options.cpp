#include "cmd/relay_options.h"

#include "cmd/plan_common.h"

#include <array>

namespace sockit {

namespace {

constexpr std::size_t kept_payload = 1UL << 20U;

Result<ChildPlan> plan_child(const RelayArgs& args,
                             const std::optional<std::vector<std::string>>& words)
{
    ChildPlan plan;
    if (args.sh && words)
        return Failure(Error::usage("--sh and -- CMD exclude each other"));
    if (args.sh)
        plan.words = {"/bin/sh", "-c", *args.sh};
    else if (words)
        plan.words = *words;
    if (!plan.wanted())
        return plan;
    struct Forbidden {
        bool given;
        const char* name;
    };
    const std::array forbidden{
        Forbidden{args.no_half_close, "--no-half-close"},
        Forbidden{args.recv_only, "--recv-only"},
        Forbidden{args.send_only, "--send-only"},
        Forbidden{args.raw, "--raw"},
        Forbidden{args.linger_after_eof.has_value(), "--linger-after-eof"},
        Forbidden{args.idle_timeout.has_value(), "--idle-timeout"},
        Forbidden{args.out.has_value(), "--out"},
    };
    for (const auto& option : forbidden)
        if (option.given)
            return Failure(Error::usage(std::string(option.name) +
                                        " does not go with a command, which has the connection "
                                        "to itself"));
    return plan;
}

Result<RelayRules> plan_rules(const RelayArgs& args)
{
    if (args.recv_only && args.send_only)
        return Failure(Error::usage("--recv-only and --send-only exclude each other"));
    if (args.no_half_close && args.send_only)
        return Failure(Error::usage("--no-half-close and --send-only exclude each other: the "
                                    "end of what is sent is all there is to tell"));
    return RelayRules{.half_close = !args.no_half_close,
                      .send = !args.recv_only,
                      .receive = !args.send_only,
                      .linger = TRY(plan_duration(args.linger_after_eof, "--linger-after-eof"))};
}

} // namespace

std::vector<Option> relay_options(RelayArgs& args)
{
    return {
        {"--no-half-close", "", "Send no FIN before the peer's", &args.no_half_close},
        {"--linger-after-eof", "DUR",
         "After the peer's FIN, wait so long for stdin to go on (default: 100ms for a pipe)",
         &args.linger_after_eof},
        {"--recv-only", "", "Do not read stdin", &args.recv_only},
        {"--send-only", "", "Drop what arrives; done when all is sent", &args.send_only},
        {"--idle-timeout", "DUR", "End when nothing moves for so long", &args.idle_timeout},
        {"--out", "FILE", "Write what arrives to FILE", &args.out},
        {"--raw", "", "Write what arrives to a terminal unescaped", &args.raw},
        {"--report", "FILE", "Write the --json document, without payload, to FILE", &args.report},
        {"--sh", "LINE", "The same as -- /bin/sh -c LINE", &args.sh},
    };
}

Result<RelayChoice> plan_relay(const RelayArgs& args, const OutputPlan& output,
                               const std::optional<std::vector<std::string>>& child_words)
{
    RelayChoice choice;
    choice.child = TRY(plan_child(args, child_words));
    choice.relay.rules = TRY(plan_rules(args));
    choice.relay.idle_timeout = TRY(plan_duration(args.idle_timeout, "--idle-timeout"));
    choice.payload.file = args.out;
    choice.payload.raw = args.raw;
    choice.payload.records = !args.out && output.format == Format::Jsonl;
    choice.payload.keep = !args.out && output.format == Format::Json ? kept_payload : 0;
    return choice;
}

Result<> check_relayed(Transport transport, std::string_view command)
{
    if (transport == Transport::Tcp || transport == Transport::Tls ||
        transport == Transport::UnixStream)
        return {};
    return Failure(transport_unsupported(transport, command));
}

} // namespace sockit
