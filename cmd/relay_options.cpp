#include "cmd/relay_options.h"

#include "base/parse.h"
#include "cmd/dialogue_options.h"
#include "cmd/plan_common.h"

#include <algorithm>
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
        Forbidden{args.datagram_size.has_value(), "--datagram-size"},
        Forbidden{args.per_line, "--per-line"},
        Forbidden{!args.dialogue.empty(), "--send or --expect"},
        Forbidden{args.crlf, "--crlf"},
        Forbidden{args.hex, "--hex"},
        Forbidden{args.copy, "--copy"},
        Forbidden{args.line_delay.has_value(), "--line-delay"},
        Forbidden{args.rate.has_value(), "--rate"},
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

Result<FramingPlan> plan_framing(const RelayArgs& args)
{
    if (args.datagram_size && args.per_line)
        return Failure(Error::usage("--datagram-size and --per-line exclude each other"));
    FramingPlan plan{.size = {}, .per_line = args.per_line};
    if (!args.datagram_size)
        return plan;
    plan.size = TRY(parse_size(*args.datagram_size, "--datagram-size"));
    if (*plan.size == 0 || *plan.size > DatagramFramer::largest)
        return bad_value("--datagram-size", *args.datagram_size,
                         "expected 1 to " + std::to_string(DatagramFramer::largest));
    return plan;
}

Result<PacePlan> plan_pace(const RelayArgs& args)
{
    PacePlan plan;
    plan.line_delay = TRY(plan_duration(args.line_delay, "--line-delay"));
    if (args.rate)
        plan.rate = TRY(parse_rate(*args.rate, "--rate"));
    return plan;
}

/// The dialogue is what is sent first; with --recv-only it is all that is.
Result<RelayPlan> plan_transfer(const RelayArgs& args, Duration patience)
{
    RelayPlan plan;
    plan.rules = TRY(plan_rules(args));
    plan.idle_timeout = TRY(plan_duration(args.idle_timeout, "--idle-timeout"));
    plan.dialogue = TRY(plan_dialogue(args.dialogue, patience));
    plan.pace = TRY(plan_pace(args));
    plan.crlf = args.crlf;
    plan.copy = args.copy;
    plan.hex = args.hex;
    if (!plan.dialogue.wanted())
        return plan;
    const auto expects = [](const auto& step) { return std::holds_alternative<Pattern>(step); };
    if (args.send_only && std::ranges::any_of(plan.dialogue.steps, expects))
        return Failure(Error::usage("--send-only drops what --expect waits for"));
    if (args.recv_only) {
        plan.input_after_dialogue = false;
        plan.rules.send = true;
        plan.rules.half_close = false;
    }
    return plan;
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
        {"--send", "TEXT", "Send TEXT (C escapes) before stdin; repeatable", &args.dialogue},
        {"--expect", "TEXT", "Wait for TEXT (C escapes), in order with --send; exit 1 if missed",
         &args.dialogue},
        {"--expect-re", "RE", "The same for a regular expression (RE2)", &args.dialogue},
        {"--crlf", "", "Send line ends of stdin as CR LF", &args.crlf},
        {"--line-delay", "DUR", "Pause after each line sent", &args.line_delay},
        {"--rate", "RATE", "Send at most so many bytes per second (10M)", &args.rate},
        {"--hex", "", "Dump what goes and comes to stderr in hexadecimal", &args.hex},
        {"--copy", "", "Always copy: never sendfile(2) or splice(2)", &args.copy},
        {"--idle-timeout", "DUR", "End when nothing moves for so long", &args.idle_timeout},
        {"--out", "FILE", "Write what arrives to FILE", &args.out},
        {"--raw", "", "Write what arrives to a terminal unescaped", &args.raw},
        {"--report", "FILE", "Write the --json document, without payload, to FILE", &args.report},
        {"--datagram-size", "N", "Send datagrams of N bytes (default: what one read gives)",
         &args.datagram_size},
        {"--per-line", "", "Send each line as a datagram, without its line feed", &args.per_line},
        {"--sh", "LINE", "The same as -- /bin/sh -c LINE", &args.sh},
    };
}

Result<RelayChoice> plan_relay(const RelayArgs& args, const OutputPlan& output, Duration patience,
                               const std::optional<std::vector<std::string>>& child_words)
{
    RelayChoice choice;
    choice.child = TRY(plan_child(args, child_words));
    choice.relay = TRY(plan_transfer(args, patience));
    choice.framing = TRY(plan_framing(args));
    choice.payload.file = args.out;
    choice.payload.raw = args.raw;
    choice.payload.records = !args.out && output.format == Format::Jsonl;
    choice.payload.keep = !args.out && output.format == Format::Json ? kept_payload : 0;
    return choice;
}

Result<> check_datagrams(Transport transport, const RelayChoice& choice)
{
    const std::string name(transport_name(transport));
    if (choice.framing.wanted() && !is_datagram(transport))
        return Failure(
            Error::usage("--datagram-size and --per-line frame datagrams; " + name + " has none"));
    const auto& relay = choice.relay;
    if (is_datagram(transport) && (relay.pace.wanted() || relay.crlf))
        return Failure(Error::usage("--crlf, --line-delay and --rate work on streams of bytes; " +
                                    name + " has datagrams"));
    if (socket_type(transport) != SOCK_DGRAM)
        return {};
    if (choice.child.wanted())
        return Failure(Error::usage("a command wants a connection; " + name + " has none"));
    if (!relay.rules.half_close && relay.rules.send && relay.input_after_dialogue)
        return Failure(Error::usage("--no-half-close wants a connection; " + name + " has none"));
    return {};
}

} // namespace sockit
