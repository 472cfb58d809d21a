#include "base/escape.h"
#include "report/describe.h"
#include "report/format.h"
#include "report/probe_talk_text.h"
#include "report/probe_text.h"
#include "report/tls.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace sockit {

namespace {

using Where = Placement::Where;

constexpr std::array probe_placements{
    Placement{"result", Where::Array, "results"},
    Placement{.type = "hop", .where = Where::Array, .key = "hops", .always = false},
    Placement{.type = "statistics", .where = Where::Array, .key = "statistics", .always = false},
    Placement{"summary", Where::Object, "summary"},
};

void add_want(Fields& fields, const ProbeOutcomes& want)
{
    fields.begin_array("want");
    for (const auto outcome : all_probe_outcomes())
        if (contains(want, outcome))
            fields.add("", probe_outcome_name(outcome));
    fields.end_array();
}

std::string targets_text(std::size_t count)
{
    return fmt::format("{} target{}", count, count == 1 ? "" : "s");
}

std::string tries_text(std::size_t count)
{
    return fmt::format("{} {}", count, count == 1 ? "try" : "tries");
}

void add_phases(Fields& fields, const ProbePhases& phases)
{
    fields.begin_object("phases");
    fields.add("resolve_ns", phases.resolve);
    fields.add("connect_ns", phases.connect);
    fields.add("tls_ns", phases.tls);
    fields.add("first_byte_ns", phases.first_byte);
    fields.add("total_ns", phases.total);
    fields.end_object();
}

Color color_of(const ProbeResult& result)
{
    if (result.ok)
        return Color::Green;
    switch (result.outcome) {
    case ProbeOutcome::Timeout:
    case ProbeOutcome::Silent:
    case ProbeOutcome::LocalError: return Color::Yellow;
    default: return Color::Red;
    }
}

std::string retransmits_text(const ProbeResult& result)
{
    const auto count = result.syn_retransmits.value_or(0);
    return count == 0 ? "" : fmt::format(", {} SYN retransmit{}", count, count == 1 ? "" : "s");
}

/// How long it took, and by the kernel's clock.
std::string timing_text(const ProbeResult& result)
{
    const auto& phases = result.phases;
    std::string text =
        format_duration(phases.connect.value_or(phases.first_byte.value_or(phases.total)));
    if (result.kernel_rtt)
        text += " (kernel " + format_duration(*result.kernel_rtt) + ")";
    if (phases.tls)
        text += ", TLS " + format_duration(*phases.tls);
    if (phases.connect && phases.first_byte)
        text += ", first byte " + format_duration(*phases.first_byte);
    return text + retransmits_text(result);
}

std::string open_text(const ProbeResult& result)
{
    const auto banner = banner_text(result);
    return timing_text(result) + (banner.empty() ? "" : "  " + banner);
}

std::string reason_text(const Error& error)
{
    if (error.icmp)
        return icmp_text(*error.icmp);
    if (error.domain == Domain::Unmet)
        return message(error);
    std::string text = message(error) + " (" + code_name(error) + ")";
    if (!error.detail.empty() && error.domain != Domain::Tls)
        text += ": " + error.detail;
    return text;
}

std::string evidence_text(const ProbeResult& result)
{
    switch (result.outcome) {
    case ProbeOutcome::Open: return open_text(result);
    case ProbeOutcome::Silent:
        return "no answer in " + format_duration(result.phases.total) +
               (result.error && !result.error->detail.empty() ? ": " + result.error->detail : "");
    case ProbeOutcome::SelfConnect: return "connected to itself: nobody listens";
    case ProbeOutcome::Timeout:
        if (result.error && result.error->phase == Phase::Resolve)
            return "no answer from the resolver in " + format_duration(result.phases.total);
        return "no answer in " + format_duration(result.phases.total) + retransmits_text(result) +
               (result.error && !result.error->detail.empty() ? ": " + result.error->detail : "");
    case ProbeOutcome::Reset:
        if (result.error && result.error->domain != Domain::Errno)
            return "accepted, then closed: " + message(*result.error);
        return "accepted, then " + std::string(result.error ? "reset" : "closed without a byte");
    default: return result.error ? reason_text(*result.error) : timing_text(result);
    }
}

/// Which try it was.
std::string attempt_text(const ProbeResult& result)
{
    return result.attempt == 1 ? "" : fmt::format(", try {}", result.attempt);
}

/// The address behind a name.
std::string endpoint_text(const ProbeResult& result)
{
    if (!result.endpoint || result.target.ends_with(result.endpoint->text()))
        return {};
    return escape(result.endpoint->text()) + "  ";
}

} // namespace

const DocumentShape probe_shape{.schema = "sockit.probe/1", .placements = probe_placements};

void describe(const ProbeStarted& event, Record& record)
{
    record.start("start", Level::Verbose);
    if (record.wants_fields()) {
        record.fields.add("targets", event.targets);
        record.fields.add("parallel", event.parallel);
        record.fields.add("timeout_ns", event.timeout);
        add_want(record.fields, event.want);
        return;
    }
    record.line = fmt::format("{}, {} at once, {} each", targets_text(event.targets),
                              event.parallel, format_duration(event.timeout));
}

void describe(const ProbeResult& event, Record& record)
{
    record.start("result", Level::Result);
    if (!record.wants_fields()) {
        constexpr std::size_t outcome_width = 12; // self-connect
        constexpr std::size_t target_width = 21;  // any IPv4 address and port
        const auto outcome =
            fmt::format("{:<{}}", probe_outcome_name(event.outcome), outcome_width);
        record.line =
            fmt::format("{} {:<{}}  {}{}{}{}", record.paint(color_of(event), outcome),
                        escape(event.target), target_width, endpoint_text(event),
                        evidence_text(event), attempt_text(event), labels_text(event.labels));
        if (const auto tls = tls_text(event); !tls.empty())
            record.line += fmt::format("\n{:<{}} {}", "", outcome_width, tls);
        return;
    }
    Fields& fields = record.fields;
    fields.add("target", event.target);
    fields.add("endpoint", event.endpoint);
    fields.add("transport", transport_name(event.transport));
    fields.add("outcome", probe_outcome_name(event.outcome));
    fields.add("ok", event.ok);
    add_want(fields, event.want);
    fields.add("attempt", event.attempt);
    add_phases(fields, event.phases);
    fields.add("kernel_rtt_ns", event.kernel_rtt);
    fields.add("syn_retransmits", event.syn_retransmits);
    fields.add("sync", event.sync);
    fields.add("source", event.source);
    if (event.banner)
        fields.add("banner", *event.banner);
    if (event.tls)
        add_tls(fields, event.tls);
    add_labels(fields, event.labels);
    fields.add("error", event.error);
}

void describe(const ProbeSummary& event, Record& record)
{
    record.start("summary", event.total > 1 ? Level::Info : Level::Hidden);
    if (record.wants_fields()) {
        record.fields.add("total", event.total);
        record.fields.add("ok", event.ok);
        record.fields.add("failed", event.failed);
        record.fields.add("unfinished", event.unfinished);
        record.fields.begin_object("outcomes");
        for (const auto outcome : all_probe_outcomes())
            if (const auto count = event.count(outcome); count > 0)
                record.fields.add(probe_outcome_name(outcome), count);
        record.fields.end_object();
        record.fields.add("requeued", event.requeued);
        record.fields.add("duration_ns", event.duration);
        record.fields.add("stopped_by", event.stopped_by);
        return;
    }
    std::string counts;
    for (const auto outcome : all_probe_outcomes())
        if (const auto count = event.count(outcome); count > 0)
            counts += fmt::format(", {} {}", count, probe_outcome_name(outcome));
    if (event.unfinished > 0)
        counts += fmt::format(", {} unfinished", event.unfinished);
    std::string delays;
    if (event.requeued > 0)
        delays = fmt::format("; put off {} time{} for want of descriptors or ports", event.requeued,
                             event.requeued == 1 ? "" : "s");
    const auto total = event.repeated ? tries_text(event.total) : targets_text(event.total);
    record.line = record.paint(Color::Dim, fmt::format("{}{} in {}{}", total, counts,
                                                       format_duration(event.duration), delays));
}

} // namespace sockit
