#include "base/escape.h"
#include "report/describe.h"
#include "report/echo_text.h"
#include "report/format.h"
#include "report/latency.h"
#include "report/shapes.h"
#include "report/width.h"

#include <fmt/core.h>

#include <array>

namespace sockit {

namespace {

constexpr std::array echo_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"ready", Placement::Where::Top},
    Placement{
        .type = "interval", .where = Placement::Where::Array, .key = "intervals", .always = false},
    Placement{"summary", Placement::Where::Object, "summary"},
};

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

/// "   12.0 s  81300/s  p50  110 us  p99 1.20 ms  100 connections, 3 wrong"
std::string interval_line(const EchoInterval& event)
{
    constexpr std::size_t columns = 79; // of any terminal, without its last
    const auto quantile = [&](double share) {
        const auto value = event.latency.percentile(share);
        return value ? format_duration(*value) : std::string("-");
    };
    auto line = fmt::format(
        "{:>7}  {:>9}  p50 {:>7}  p99 {:>7}  {}", format_duration(event.start + event.duration),
        format_rate(message_rate(event.messages, event.duration)), quantile(0.5), quantile(0.99),
        counted(event.connections, "connection"));
    if (event.flaws > 0)
        line += fmt::format(", {} wrong", event.flaws);
    return cut_to_width(line, columns);
}

/// "3 delay, 2 close_after"; empty where none fired.
std::string fault_words(const EchoFaultCounts& faults)
{
    using Kind = EchoFaultKind;
    std::string out;
    for (const auto& [kind, count] : std::initializer_list<std::pair<Kind, std::uint64_t>>{
             {Kind::Delay, faults.delay},
             {Kind::Corrupt, faults.corrupt},
             {Kind::Drop, faults.drop},
             {Kind::Duplicate, faults.duplicate},
             {Kind::Reorder, faults.reorder},
             {Kind::CloseAfter, faults.close_after},
             {Kind::ResetAfter, faults.reset_after},
             {Kind::HalfCloseAfter, faults.half_close_after}})
        if (count > 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, fault_name(kind));
    return out;
}

} // namespace

const DocumentShape echo_shape{.schema = "sockit.echo/1", .placements = echo_placements};

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

void describe(const EchoInterval& event, Record& record)
{
    record.start("interval", event.asked ? Level::Info : Level::Progress);
    if (!record.wants_fields()) {
        record.line = interval_line(event);
        return;
    }
    Fields& fields = record.fields;
    fields.add("start_ns", event.start);
    fields.add("duration_ns", event.duration);
    fields.add("messages", event.messages);
    fields.add("bytes", event.bytes);
    fields.add("rate_per_s", message_rate(event.messages, event.duration));
    fields.add("flaws", event.flaws);
    fields.add("connections", event.connections);
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
        if (const auto faults = fault_words(event.faults); !faults.empty())
            record.line += "\nfaults   " + faults;
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
