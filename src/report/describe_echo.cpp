#include "base/escape.h"
#include "report/describe.h"
#include "report/format.h"
#include "report/latency.h"
#include "report/shapes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace sockit {

namespace {

constexpr std::array echo_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"ready", Placement::Where::Top},
    Placement{"summary", Placement::Where::Object, "summary"},
};

std::string_view flaw_name(EchoFlaw flaw)
{
    switch (flaw) {
    case EchoFlaw::Corrupt: return "corrupt";
    case EchoFlaw::Lost: return "lost";
    case EchoFlaw::Duplicate: return "duplicate";
    case EchoFlaw::Reorder: return "reorder";
    case EchoFlaw::Truncated: return "truncated";
    }
    return "";
}

std::string_view fault_name(EchoFaultKind kind)
{
    switch (kind) {
    case EchoFaultKind::Delay: return "delay";
    case EchoFaultKind::Corrupt: return "corrupt";
    case EchoFaultKind::Drop: return "drop";
    case EchoFaultKind::Duplicate: return "duplicate";
    case EchoFaultKind::Reorder: return "reorder";
    case EchoFaultKind::CloseAfter: return "close_after";
    case EchoFaultKind::ResetAfter: return "reset_after";
    case EchoFaultKind::HalfCloseAfter: return "half_close_after";
    }
    return "";
}

void add_settings(Fields& fields, const EchoSettings& settings)
{
    fields.begin_object("settings");
    fields.add("mode", settings.lines ? "lines" : "load");
    fields.add("timeout_ns", settings.timeout);
    if (!settings.lines) {
        fields.add("connections", settings.connections);
        fields.add("count", settings.count);
        fields.add("duration_ns", settings.duration);
        fields.add("size", settings.sizes);
        fields.add("seed", settings.seed);
        fields.add("verify", settings.verify);
        fields.add("warmup_ns", settings.warmup);
        fields.add("threads", settings.threads);
        fields.add("rate_per_s", settings.rate);
        fields.add("pipeline", settings.pipeline);
        fields.add("reconnect", settings.reconnect);
        fields.add("connect_rate_per_s", settings.connect_rate);
    }
    fields.end_object();
}

double rate_of(std::uint64_t messages, Duration duration)
{
    const auto seconds = std::chrono::duration<double>(duration).count();
    return seconds > 0 ? static_cast<double>(messages) / seconds : 0;
}

void add_details(Fields& fields, const EchoFlaws& flaws)
{
    fields.begin_array("details");
    for (const auto& detail : flaws.details) {
        fields.begin_object();
        fields.add("kind", flaw_name(detail.flaw));
        fields.add("connection", detail.connection);
        fields.add("sequence", detail.sequence);
        fields.add("offset", detail.offset);
        fields.add("expected", hex(detail.expected));
        fields.add("actual", hex(detail.actual));
        fields.end_object();
    }
    fields.end_array();
}

void add_fields(Fields& fields, const EchoSummary& event)
{
    fields.add("messages", event.messages);
    fields.add("bytes", event.bytes);
    fields.begin_object("errors");
    for (const auto& [code, count] : event.errors)
        fields.add(code, count);
    fields.end_object();
    fields.add("mismatches", event.flaws.corrupt);
    fields.add("lost", event.flaws.lost);
    fields.add("duplicated", event.flaws.duplicated);
    fields.add("reordered", event.flaws.reordered);
    fields.add("truncated", event.flaws.truncated);
    fields.add("duration_ns", event.duration);
    fields.add("rate_per_s", rate_of(event.messages, event.duration));
    add_latency(fields, "latency", event.latency);
    // A closed loop knows no intended send time: both are measured from the actual one.
    add_latency(fields, "latency_service", event.corrected ? event.service : event.latency);
    fields.add("corrected", event.corrected);
    fields.add("client_bound", event.client_bound);
    fields.begin_object("tcp");
    fields.add("rtt_ns", event.rtt);
    fields.add("retransmits", event.retransmits);
    fields.end_object();
    fields.begin_object("cpu");
    fields.add("user_ns", event.cpu.user);
    fields.add("system_ns", event.cpu.system);
    fields.end_object();
    add_details(fields, event.flaws);
    fields.add("stopped_by", event.stopped_by);
}

std::string load_words(const EchoSettings& settings)
{
    return fmt::format("of {} B on {} connection{}", settings.sizes, settings.connections,
                       settings.connections == 1 ? "" : "s");
}

/// "2 corrupt, 1 lost"; empty when all is well.
std::string flaw_words(const EchoFlaws& flaws)
{
    struct Count {
        EchoFlaw flaw;
        std::uint64_t count;
    };
    std::string out;
    for (const auto& [flaw, count] :
         {Count{EchoFlaw::Corrupt, flaws.corrupt}, Count{EchoFlaw::Lost, flaws.lost},
          Count{EchoFlaw::Duplicate, flaws.duplicated}, Count{EchoFlaw::Reorder, flaws.reordered},
          Count{EchoFlaw::Truncated, flaws.truncated}})
        if (count > 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, flaw_name(flaw));
    return out;
}

std::string error_words(const EchoSummary& event)
{
    std::string out;
    for (const auto& [code, count] : event.errors)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, code);
    return out;
}

std::string_view verdict_words(const EchoSummary& event)
{
    if (!event.settings.verify)
        return ", not verified";
    return event.flaws.total() > 0 ? "" : ", all verified";
}

void add_flaw_lines(Record& record, const EchoSummary& event)
{
    constexpr std::size_t most = 10;
    const auto& flaws = event.flaws;
    record.line += "\n" + record.paint(Color::Red, "wrong    " + flaw_words(flaws));
    const std::size_t shown = std::min(most, flaws.details.size());
    for (std::size_t i = 0; i < shown; ++i)
        record.line += "\n  " + flaw_text(flaws.details[i], event.settings.lines);
    if (flaws.total() > shown)
        record.line += fmt::format("\n  and {} more", flaws.total() - shown);
}

void add_lines(Record& record, const EchoSummary& event)
{
    const auto& settings = event.settings;
    const auto what = settings.lines ? std::string("lines") : "messages " + load_words(settings);
    if (event.messages == 0)
        record.line = fmt::format("0 {} came back", what);
    else
        record.line =
            fmt::format("{} {} in {}: {}{}", event.messages, what, format_duration(event.duration),
                        format_rate(rate_of(event.messages, event.duration)), verdict_words(event));
    if (event.latency.count() > 0)
        record.line += "\nlatency  " + latency_line(event.latency);
    if (event.client_bound)
        record.line += "\nbound    by this client's own CPU, not by the server";
    if (!event.errors.empty())
        record.line += "\n" + record.paint(Color::Red, "errors   " + error_words(event));
    if (event.flaws.total() > 0)
        add_flaw_lines(record, event);
}

} // namespace

const DocumentShape echo_shape{.schema = "sockit.echo/1", .placements = echo_placements};

std::string flaw_text(const EchoDetail& detail, bool of_line)
{
    const auto where =
        of_line ? fmt::format("line {}", detail.sequence + 1)
                : fmt::format("connection {}, message {}", detail.connection, detail.sequence);
    const auto bytes = [&](std::string_view raw) { return of_line ? quote(raw) : hex(raw); };
    switch (detail.flaw) {
    case EchoFlaw::Lost: return where + ": no echo";
    case EchoFlaw::Duplicate: return where + ": its echo came twice";
    case EchoFlaw::Reorder: return where + ": its echo came after a later one";
    case EchoFlaw::Truncated:
        return where + fmt::format(": its echo ended after {} B", detail.offset);
    case EchoFlaw::Corrupt: break;
    }
    if (detail.expected.empty())
        return where + ": more came than was sent: " + bytes(detail.actual);
    return where + fmt::format(": wrong from byte {} on: expected {}, got {}", detail.offset,
                               bytes(detail.expected), bytes(detail.actual));
}

void describe(const EchoStart& event, Record& record)
{
    record.start("start", Level::Info);
    if (record.wants_fields()) {
        record.fields.add("target", event.target);
        add_settings(record.fields, event.settings);
        return;
    }
    if (!event.settings.lines)
        record.line =
            fmt::format("echo {}: messages {}", escape(event.target), load_words(event.settings));
}

void describe(const EchoSummary& event, Record& record)
{
    // Who types lines sees their echoes; the figures are for who asks.
    record.start("summary", event.settings.lines ? Level::Verbose : Level::Result);
    if (record.wants_fields())
        add_fields(record.fields, event);
    else
        add_lines(record, event);
}

void describe(const EchoInterval& event, Record& record)
{
    record.start("interval", event.asked ? Level::Progress : Level::Hidden);
    if (!record.wants_fields()) {
        record.line = fmt::format("{} messages, {}", event.messages,
                                  format_rate(rate_of(event.messages, event.duration)));
        return;
    }
    Fields& fields = record.fields;
    fields.add("start_ns", event.start);
    fields.add("duration_ns", event.duration);
    fields.add("messages", event.messages);
    fields.add("rate_per_s", rate_of(event.messages, event.duration));
    add_latency(fields, "latency", event.latency);
}

void describe(const EchoFault& event, Record& record)
{
    record.start("fault", Level::Verbose);
    if (!record.wants_fields()) {
        record.line = fmt::format("connection {}: {} at byte {}", event.id, fault_name(event.kind),
                                  event.offset);
        return;
    }
    record.fields.add("id", event.id);
    record.fields.add("kind", fault_name(event.kind));
    record.fields.add("offset", event.offset);
}

void describe(const EchoServerSummary& event, Record& record)
{
    record.start("summary", Level::Result);
    if (!record.wants_fields()) {
        record.line = fmt::format(
            "{} accepted, {} closed, {} errors; {} in, {} out", event.accepted, event.closed,
            event.errors, format_bytes(event.bytes_received), format_bytes(event.bytes_sent));
        if (event.dropped > 0)
            record.line += fmt::format("; {} datagrams dropped", event.dropped);
        if (event.unanswered > 0)
            record.line += fmt::format("; {} not answered", event.unanswered);
        return;
    }
    Fields& fields = record.fields;
    fields.add("accepted", event.accepted);
    fields.add("closed", event.closed);
    fields.add("errors", event.errors);
    fields.add("messages", event.messages);
    fields.add("bytes_received", event.bytes_received);
    fields.add("bytes_sent", event.bytes_sent);
    fields.begin_object("faults");
    fields.add("delay", event.faults.delay);
    fields.add("corrupt", event.faults.corrupt);
    fields.add("drop", event.faults.drop);
    fields.add("duplicate", event.faults.duplicate);
    fields.add("reorder", event.faults.reorder);
    fields.add("close_after", event.faults.close_after);
    fields.add("reset_after", event.faults.reset_after);
    fields.add("half_close_after", event.faults.half_close_after);
    fields.end_object();
    if (event.dropped > 0)
        fields.add("dropped_datagrams", event.dropped);
    if (event.unanswered > 0)
        fields.add("unanswered", event.unanswered);
    fields.add("stopped_by", event.stopped_by);
}

} // namespace sockit
