#include "cmd/echo_client.h"

#include "base/escape.h"
#include "base/parse.h"
#include "cmd/plan_common.h"
#include "cmd/run_planned.h"
#include "cmd/sandbox.h"
#include "report/describe.h"
#include "report/shapes.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include <unistd.h>

namespace sockit {

namespace {

constexpr std::uint64_t largest_message = 16ULL * 1024 * 1024;
constexpr std::uint64_t most_connections = 1'000'000;
constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t usual_count = 10'000;
constexpr std::uint64_t usual_count_each = 10; ///< on more connections than that makes sense for
constexpr auto usual_duration = std::chrono::seconds(10);
constexpr std::uint64_t most_threads = 256;
constexpr std::uint64_t most_pipelined = 1'000'000;
/// In an open loop: so that only a stall of the peer's, and not the usual round trip, holds up what
/// should be sent.
constexpr std::uint64_t usual_open_pipeline = 1024;
constexpr std::uint64_t highest_rate = 1ULL << 30U;
constexpr auto shortest_interval = std::chrono::milliseconds(10);
constexpr std::uint32_t largest_udp_message = 65'507; // 65,535 less the headers of IPv4 and UDP
constexpr std::uint32_t largest_boundary_message = 64UL * 1024;

Result<std::uint32_t> parse_message_size(std::string_view text)
{
    const auto size = TRY(parse_size(text, "--size"));
    if (size < 1 || size > largest_message)
        return bad_value("--size", text, "expected 1 to 16M");
    return static_cast<std::uint32_t>(size);
}

} // namespace

Result<MessageSizes> parse_sizes(std::string_view text)
{
    MessageSizes sizes;
    sizes.ranges.clear();
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        const auto item = rest.substr(0, comma);
        const auto dash = item.find('-');
        const auto low = TRY(parse_message_size(item.substr(0, dash)));
        const auto high =
            dash == std::string_view::npos ? low : TRY(parse_message_size(item.substr(dash + 1)));
        if (high < low)
            return bad_value("--size", item, "the range ends before it begins");
        sizes.ranges.push_back({low, high});
        if (comma == std::string_view::npos)
            return sizes;
        rest.remove_prefix(comma + 1);
    }
}

namespace {

/// `1000`, `10k/s`: so many a second.
Result<std::optional<std::uint64_t>> plan_message_rate(const std::optional<std::string>& text,
                                                       std::string_view name)
{
    if (!text)
        return std::optional<std::uint64_t>();
    const auto rate = TRY(parse_rate(*text, name));
    if (rate > highest_rate)
        return bad_value(name, *text, "expected at most 1G a second");
    return std::optional(rate);
}

Result<EchoLoad> plan_load(const EchoClientArgs& args)
{
    EchoLoad load;
    load.connections =
        TRY(plan_number(args.connections, "--connections", 1, most_connections)).value_or(1);
    load.count = TRY(plan_number(args.count, "--count", 1, no_limit));
    load.duration = TRY(plan_duration(args.duration, "--duration"));
    if (!load.count && !load.duration) {
        load.count = std::max(usual_count, usual_count_each * load.connections);
        load.duration = usual_duration;
    }
    if (args.size)
        load.sizes = TRY(parse_sizes(*args.size));
    load.seed = TRY(plan_number(args.seed, "--seed", 0, no_limit)).value_or(load.seed);
    load.warmup = TRY(plan_duration(args.warmup, "--warmup")).value_or(Duration::zero());
    load.verify = !args.no_verify;
    load.threads = std::min(
        TRY(plan_number(args.threads, "--threads", 1, most_threads)).value_or(1), load.connections);
    load.rate = TRY(plan_message_rate(args.rate, "--rate"));
    load.connect_rate = TRY(plan_message_rate(args.connect_rate, "--connect-rate"));
    load.reconnect = args.reconnect;
    load.pipeline = TRY(plan_number(args.pipeline, "--pipeline", 1, most_pipelined))
                        .value_or(load.rate ? usual_open_pipeline : 1);
    if (load.reconnect && args.pipeline)
        return Failure(Error::usage("--reconnect has one message on a connection: no --pipeline"));
    if (load.reconnect)
        load.pipeline = 1;
    load.interval = TRY(plan_duration(args.interval, "--interval"));
    if (load.interval && *load.interval < shortest_interval)
        return bad_value("--interval", *args.interval, "expected 10ms or more");
    load.tell_intervals = load.interval.has_value();
    return load;
}

/// One that means nothing where lines are sent; empty: none was given.
std::string_view option_of_loads(const EchoClientArgs& args)
{
    struct Given {
        std::string_view name;
        bool given;
    };
    for (const auto& [name, given] :
         {Given{"--threads", args.threads.has_value()}, Given{"--seed", args.seed.has_value()},
          Given{"--warmup", args.warmup.has_value()},
          Given{"--pipeline", args.pipeline.has_value()}, Given{"--reconnect", args.reconnect},
          Given{"--connect-rate", args.connect_rate.has_value()},
          Given{"--interval", args.interval.has_value()}, Given{"--no-verify", args.no_verify},
          Given{"--hlog", args.files.hlog.has_value()},
          Given{"--html", args.files.html.has_value()}})
        if (given)
            return name;
    return {};
}

/// A message of a transport that keeps borders goes in one piece.
Result<> check_sizes(const MessageSizes& sizes, Transport transport)
{
    if (!is_datagram(transport))
        return {};
    const auto most = transport == Transport::Udp ? largest_udp_message : largest_boundary_message;
    const auto largest = std::ranges::max(sizes.ranges, {}, &MessageSizes::Range::high).high;
    if (largest > most)
        return bad_value("--size", sizes.text(),
                         fmt::format("over {}: at most {}", transport_name(transport), most));
    return {};
}

} // namespace

Result<EchoClientPlan> plan_echo_client(const EchoClientArgs& args)
{
    EchoClientPlan plan;
    if (args.words.empty())
        return Failure(Error::usage("no target: expected HOST:PORT or unix:PATH"));
    plan.target = TRY(parse_target(args.words, Role::Client));
    plan.socket = TRY(plan_socket(args.network));
    plan.timeout = TRY(plan_duration(args.network.timeout, "--timeout")).value_or(plan.timeout);
    plan.deadline = TRY(plan_duration(args.network.deadline, "--deadline"));
    plan.tls = TRY(plan_tls_client(args.tls, plan.target));
    plan.sandbox = TRY(
        plan_client_sandbox(args.network, args.tls,
                            {.writable = {args.output.output, args.files.hlog, args.files.html}}));
    if (args.connections || args.count || args.duration || args.size || args.rate)
        plan.load = TRY(plan_load(args));
    else if (const auto option = option_of_loads(args); !option.empty())
        return Failure(
            Error::usage(std::string(option) + " needs a load: one of -c, -n, -d, --size, --rate"));
    if (plan.load)
        TRY(check_sizes(plan.load->sizes, plan.target.transport));
    TRY(check_echo_files(args.files));
    return plan;
}

namespace {

ExitStatus common_status(const std::vector<Error>& failures)
{
    const auto status = exit_status(failures.front());
    const bool same = std::ranges::all_of(
        failures, [&](const Error& error) { return exit_status(error) == status; });
    return same ? status : ExitStatus::No;
}

/// What the one line on stderr says, and the exit status.
Ending ending_of(const EchoClientPlan& plan, const EchoClientEnd& end)
{
    const auto target = escape(plan.target.text);
    if (end.signal)
        return {.signal = end.signal};
    if (end.flaws > 0) {
        auto line = fmt::format("echo {}: {}", target, flaw_text(*end.first_flaw, !plan.load));
        if (end.flaws > 1)
            line += fmt::format("; {} flaws in all", end.flaws);
        return {.status = ExitStatus::No, .why = Error::usage(line)};
    }
    if (!end.failures.empty())
        return {.status = common_status(end.failures), .why = end.failures.front()};
    if (end.peer_ended)
        return {.status = ExitStatus::Reset,
                .why = Error::usage("echo " + target + ": the peer ended the connection")};
    if (end.deadline_passed)
        return {.status = ExitStatus::NoAnswer,
                .why = Error::usage("echo " + target + ": not done before the deadline")};
    return {};
}

class EchoClientInvocation final : public Invocation {
public:
    std::vector<Option> options() override
    {
        return joined(
            {{
                 {"-c,--connections", "N", "Load: connections at once (default 1)",
                  &m_args.connections},
                 {"-n,--count", "N", "Load: messages in all", &m_args.count},
                 {"-d,--duration", "DUR", "Load: how long to send", &m_args.duration},
                 {"--size", "SIZES", "Load: 64, 1k-16k or 64,16k (default 64)", &m_args.size},
                 {"--seed", "N", "Load: other contents and sizes for another N", &m_args.seed},
                 {"--warmup", "DUR", "Load: do not count messages sent before that",
                  &m_args.warmup},
                 {"--threads", "N", "Load: threads, each with a share of the connections",
                  &m_args.threads},
                 {"--rate", "MSG/S",
                  "Load: send at that rate in all, whatever comes back (open loop)", &m_args.rate},
                 {"--pipeline", "N", "Load: messages under way on a connection (default 1)",
                  &m_args.pipeline},
                 {"--reconnect", "", "Load: a connection for each message", &m_args.reconnect},
                 {"--connect-rate", "N/S", "Load: so many connections a second at most",
                  &m_args.connect_rate},
                 {"--interval", "DUR", "Load: tell every so often how it goes", &m_args.interval},
                 {"--no-verify", "", "Load: count what comes back, do not compare it",
                  &m_args.no_verify},
                 timeout_option(m_args.network, "For connecting, and for each echo (default 5s)"),
                 deadline_option(m_args.network),
                 source_option(m_args.network),
                 sandbox_option(m_args.network),
             },
             tls_client_options(m_args.tls),
             echo_files_options(m_args.files),
             socket_options(m_args.network),
             output_options(m_args.output)});
    }

    ExitStatus run() override
    {
        m_args.words = words;
        const auto output = plan_output(m_args.output);
        auto plan = plan_echo_client(m_args);
        const bool show = output && output->format == Format::Text;
        const bool watching = output && shows_status(*output);
        if (plan && plan->load)
            plan_echo_intervals(*plan->load, m_args.files, watching);
        const auto act = [&](const EchoClientPlan& asked, const Emit& emit) -> Result<Ending> {
            return with_echo_files(
                m_args.files, watching, emit, [&](const Emit& all) -> Result<Ending> {
                    return ending_of(asked,
                                     TRY(asked.load ? echo_load(asked, all)
                                                    : echo_lines(asked, terminal(show), all)));
                });
        };
        const auto early = [](const EchoClientPlan& asked, const Emit& emit, const Error& error) {
            EchoSummary nothing;
            nothing.settings = echo_settings(asked);
            emit(Failed{error});
            emit(nothing);
        };
        return run_planned(output, plan, m_args.network.netns,
                           {.shape = echo_shape, .stdout_carries_payload = plan && !plan->load},
                           act, early);
    }

private:
    /// `show`: stdout is for the echoes, not for records.
    static EchoTerminal terminal(bool show)
    {
        EchoTerminal terminal{.input = {STDIN_FILENO}, .output = {}};
        if (!show)
            return terminal;
        terminal.output = {STDOUT_FILENO};
        terminal.escape = ::isatty(STDOUT_FILENO) == 1;
        terminal.prompt = terminal.escape && ::isatty(STDIN_FILENO) == 1;
        return terminal;
    }

    EchoClientArgs m_args;
};

} // namespace

std::unique_ptr<Invocation> make_echo_client() { return std::make_unique<EchoClientInvocation>(); }

} // namespace sockit
