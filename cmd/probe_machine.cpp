#include "cmd/probe_machine.h"

#include "base/parse.h"
#include "base/suggest.h"
#include "cmd/plan_common.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace sockit {

namespace {

struct NamedFormat {
    std::string_view name;
    Format format;
};

constexpr std::array formats{
    NamedFormat{"text", Format::Text},   NamedFormat{"json", Format::Json},
    NamedFormat{"jsonl", Format::Jsonl}, NamedFormat{"tap", Format::Tap},
    NamedFormat{"junit", Format::Junit}, NamedFormat{"prom", Format::Prometheus},
};

Result<Format> find_format(std::string_view word)
{
    const auto* const found = std::ranges::find(formats, word, &NamedFormat::name);
    if (found != formats.end())
        return found->format;
    Error error =
        bad_value("--format", word, "expected text, json, jsonl, tap, junit or prom").error();
    std::vector<std::string_view> names;
    std::ranges::transform(formats, std::back_inserter(names), &NamedFormat::name);
    if (const auto close = nearest(word, names))
        error.hint = "did you mean " + std::string(*close) + "?";
    return Failure(std::move(error));
}

bool is_name(std::string_view key)
{
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !key.empty() && is_letter(key[0]) && std::ranges::all_of(key, is_part);
}

/// Labels that --format prom gives itself; two underscores are Prometheus' own.
bool is_reserved(std::string_view key)
{
    constexpr std::array<std::string_view, 6> ours{"target", "address", "outcome",
                                                   "phase",  "state",   "le"};
    return key.starts_with("__") || std::ranges::find(ours, key) != ours.end();
}

} // namespace

std::vector<Option> probe_machine_options(ProbeMachineArgs& args)
{
    return {
        {"--trace", "", "Show the routers on the way to each target first", &args.trace},
        {"--max-hops", "N", "Routers that --trace looks for at most (default 30)", &args.max_hops},
        {"--format", "FORMAT", "text, json, jsonl, tap, junit or prom", &args.format},
        {"--label", "KEY=VALUE", "Put a label into every result", &args.labels},
    };
}

Result<OutputPlan> plan_probe_output(const OutputArgs& output, const ProbeMachineArgs& args)
{
    auto plan = TRY(plan_output(output));
    if (!args.format)
        return plan;
    const auto format = TRY(find_format(*args.format));
    if ((output.json || output.jsonl) && format != plan.format)
        return Failure(Error::usage(std::string(output.json ? "--json" : "--jsonl") +
                                    " and --format " + *args.format + " exclude each other"));
    plan.format = format;
    return plan;
}

Result<ProbeLabels> plan_probe_labels(const std::vector<std::string>& labels)
{
    ProbeLabels plan;
    for (const auto& label : labels) {
        const auto equals = label.find('=');
        if (equals == std::string::npos)
            return bad_value("--label", label, "expected KEY=VALUE");
        const auto key = label.substr(0, equals);
        if (!is_name(key))
            return bad_value("--label", label, "a key has letters, digits and _, no digit first");
        if (is_reserved(key))
            return bad_value("--label", label, "that key has a meaning of its own");
        if (std::ranges::find(plan, key, &ProbeLabels::value_type::first) != plan.end())
            return bad_value("--label", label, "that key was given before");
        plan.emplace_back(key, label.substr(equals + 1));
    }
    return plan;
}

Result<> plan_probe_trace(const ProbeMachineArgs& args, ProbePlan& plan)
{
    constexpr std::uint64_t most_hops = 255;
    if (args.max_hops && !args.trace)
        return Failure(Error::usage("--max-hops is for --trace"));
    plan.trace = args.trace;
    plan.max_hops = static_cast<std::uint8_t>(
        TRY(plan_number(args.max_hops, "--max-hops", 1, most_hops)).value_or(plan.max_hops));
    if (!plan.trace)
        return {};
    const ProbeTalkPlan& talk = plan.talk;
    if (talk.settle || talk.banner || talk.dialogue.wanted() || talk.tls_for_all)
        return Failure(Error::usage("--trace asks nothing of the connection: it excludes --settle, "
                                    "--banner, --send, --expect and --tls"));
    if (plan.rounds.count || plan.rounds.wait || plan.each_address)
        return Failure(
            Error::usage("--trace goes each way once: it excludes --count, --interval, --wait and "
                         "--each-address"));
    if (plan.threads > 1 || plan.rate || plan.retries > 0)
        return Failure(Error::usage("--trace goes one way after the other: it excludes --threads, "
                                    "--rate and --retries"));
    if (plan.socket.source && plan.socket.source->port() != 0)
        return Failure(Error::usage("--trace wants a --source without a port: it opens several "
                                    "connections to a target"));
    return {};
}

} // namespace sockit
