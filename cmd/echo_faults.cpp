#include "cmd/echo_faults.h"

#include "base/parse.h"
#include "cmd/plan_common.h"

#include <charconv>

namespace sockit {

namespace {

constexpr Duration longest_delay = std::chrono::hours(24);

Result<double> plan_probability(const std::optional<std::string>& text, std::string_view name)
{
    double value = 0;
    if (!text)
        return value;
    const char* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, value, std::chars_format::fixed);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(value >= 0 && value <= 1))
        return bad_value(name, *text, "expected a probability from 0 to 1");
    return value;
}

Result<std::optional<std::uint64_t>> plan_bytes(const std::optional<std::string>& text,
                                                std::string_view name)
{
    if (!text)
        return std::optional<std::uint64_t>();
    return std::optional(TRY(parse_size(*text, name)));
}

Result<std::optional<std::uint64_t>> plan_byte_rate(const std::optional<std::string>& text,
                                                    std::string_view name)
{
    if (!text)
        return std::optional<std::uint64_t>();
    return std::optional(TRY(parse_rate(*text, name)));
}

Result<Duration> plan_delay(const std::string& text, std::string_view whole, std::string_view name)
{
    const auto delay = TRY(parse_duration(text, name));
    if (delay > longest_delay)
        return bad_value(name, whole, "expected at most 24h");
    return delay;
}

/// `DUR` or `DUR~JITTER`.
Result<> plan_delays(const std::string& text, EchoFaultPlan& plan)
{
    constexpr std::string_view name = "--delay";
    const auto tilde = text.find('~');
    plan.delay = TRY(plan_delay(text.substr(0, tilde), text, name));
    if (tilde == std::string::npos)
        return {};
    plan.jitter = TRY(plan_delay(text.substr(tilde + 1), text, name));
    if (plan.jitter > plan.delay)
        return bad_value(name, text, "the jitter is longer than the delay");
    return {};
}

} // namespace

std::vector<Option> echo_fault_options(EchoFaultArgs& args)
{
    return {
        {"--delay", "DUR[~JITTER]", "Echo that much later, more or less the jitter", &args.delay},
        {"--rate", "RATE", "Send at most so many bytes a second on a connection", &args.rate},
        {"--slow-read", "RATE", "Read at most so many bytes a second from a connection",
         &args.slow_read},
        {"--close-after", "BYTES", "Close a connection after so many bytes", &args.close_after},
        {"--reset-after", "BYTES", "Reset a connection after so many bytes", &args.reset_after},
        {"--half-close-after", "BYTES", "Send no more, but read on, after so many bytes",
         &args.half_close_after},
        {"--corrupt", "P", "Change a byte of a piece, with that probability (0-1)", &args.corrupt},
        {"--drop", "P", "Do not echo a piece, with that probability", &args.drop},
        {"--duplicate", "P", "Echo a piece twice, with that probability", &args.duplicate},
        {"--reorder", "P", "Echo a piece after the next one, with that probability", &args.reorder},
        {"--accept-delay", "DUR", "Leave connections in the backlog for so long",
         &args.accept_delay},
        {"--no-accept", "", "Accept nobody; the backlog is 1 unless --backlog is given",
         &args.no_accept},
        {"--seed", "N", "The same number, the same faults (default: 1)", &args.seed},
    };
}

Result<EchoFaultPlan> plan_echo_faults(const EchoFaultArgs& args)
{
    EchoFaultPlan plan;
    if (args.seed)
        plan.seed = TRY(parse_number(*args.seed, "--seed"));
    if (args.delay)
        TRY(plan_delays(*args.delay, plan));
    plan.rate = TRY(plan_byte_rate(args.rate, "--rate"));
    plan.slow_read = TRY(plan_byte_rate(args.slow_read, "--slow-read"));
    plan.close_after = TRY(plan_bytes(args.close_after, "--close-after"));
    plan.reset_after = TRY(plan_bytes(args.reset_after, "--reset-after"));
    plan.half_close_after = TRY(plan_bytes(args.half_close_after, "--half-close-after"));
    plan.corrupt = TRY(plan_probability(args.corrupt, "--corrupt"));
    plan.drop = TRY(plan_probability(args.drop, "--drop"));
    plan.duplicate = TRY(plan_probability(args.duplicate, "--duplicate"));
    plan.reorder = TRY(plan_probability(args.reorder, "--reorder"));
    if (args.accept_delay)
        plan.accept_delay =
            TRY(plan_delay(*args.accept_delay, *args.accept_delay, "--accept-delay"));
    plan.no_accept = args.no_accept;
    return plan;
}

} // namespace sockit
