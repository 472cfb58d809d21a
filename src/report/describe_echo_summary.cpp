#include "base/escape.h"
#include "report/chart.h"
#include "report/describe.h"
#include "report/echo_text.h"
#include "report/format.h"
#include "report/latency.h"

#include <fmt/core.h>

#include <algorithm>

namespace sockit {

namespace {

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
        if (detail.other) {
            fields.begin_object("echo_of");
            fields.add("connection", detail.other->connection);
            fields.add("sequence", detail.other->sequence);
            fields.end_object();
        }
        fields.end_object();
    }
    fields.end_array();
}

/// A closed loop knows no intended send time: there both are measured from the actual one.
const Histogram& service_of(const EchoSummary& event)
{
    return event.service.count() > 0 ? event.service : event.latency;
}

void add_cpu(Fields& fields, std::string_view key, const std::optional<CpuTime>& time)
{
    if (!time)
        return fields.add(key, nullptr);
    fields.begin_object(key);
    fields.add("user_ns", time->user);
    fields.add("system_ns", time->system);
    fields.end_object();
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
    fields.add("connects", event.connects);
    fields.add("duration_ns", event.duration);
    fields.add("rate_per_s", message_rate(event.messages, event.duration));
    add_latency(fields, "latency", event.latency);
    add_latency(fields, "latency_service", service_of(event));
    fields.add("corrected", event.corrected);
    fields.add("client_bound", event.client_bound);
    fields.begin_object("tcp");
    fields.add("rtt_ns", event.rtt);
    fields.add("retransmits", event.retransmits);
    fields.end_object();
    add_cpu(fields, "cpu", event.cpu);
    add_cpu(fields, "server_cpu", event.server_cpu);
    add_details(fields, event.flaws);
    fields.add("stopped_by", event.stopped_by);
}

/// A line below the first: what it is about, and what there is to say.
std::string tagged(std::string_view name, std::string_view text)
{
    return fmt::format("{:<9}{}", name, text);
}

void add_flaw_lines(Record& record, const EchoSummary& event)
{
    constexpr std::size_t most = 10;
    const auto& flaws = event.flaws;
    record.line += "\n" + record.paint(Color::Red, tagged("wrong", flaw_words(flaws)));
    const std::size_t shown = std::min(most, flaws.details.size());
    for (std::size_t i = 0; i < shown; ++i)
        record.line += "\n  " + flaw_text(flaws.details[i], event.settings.lines);
    if (flaws.total() > shown)
        record.line += fmt::format("\n  and {} more", flaws.total() - shown);
}

void add_latency_lines(Record& record, const EchoSummary& event)
{
    if (event.latency.count() == 0)
        return;
    const auto loop = event.settings.lines ? "" : event.corrected ? "open loop" : "closed loop";
    record.line += "\n" + latency_header(loop) + "\n" + latency_row("latency", event.latency);
    if (event.service.count() > 0)
        record.line += "\n" + latency_row("service", event.service);
    record.line += "\n" + chart(event.latency, {.utf8 = locale_takes_utf8()});
}

void add_lines(Record& record, const EchoSummary& event)
{
    record.line = outcome_words(event);
    add_latency_lines(record, event);
    if (const auto cpu = cpu_words(event); !cpu.empty() && !event.settings.lines)
        record.line += "\n" + tagged("cpu", cpu);
    if (event.rtt)
        record.line +=
            "\n" + tagged("tcp", fmt::format("round trip {}, {}", format_duration(*event.rtt),
                                             counted(event.retransmits.value_or(0), "retransmit")));
    if (event.settings.reconnect)
        record.line +=
            "\n" + tagged("connects",
                          fmt::format("{}, {}", event.connects,
                                      format_rate(message_rate(event.connects, event.duration))));
    for (const auto& remark : echo_remarks(event))
        record.line += "\n" + record.paint(Color::Yellow, tagged(remark.name, remark.text));
    if (!event.errors.empty())
        record.line += "\n" + record.paint(Color::Red, tagged("errors", error_words(event)));
    if (event.flaws.total() > 0)
        add_flaw_lines(record, event);
}

} // namespace

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
    if (detail.other)
        return where + fmt::format(": got the echo of connection {}, message {}",
                                   detail.other->connection, detail.other->sequence);
    if (detail.expected.empty())
        return where + ": more came than was sent: " + bytes(detail.actual);
    return where + fmt::format(": wrong from byte {} on: expected {}, got {}", detail.offset,
                               bytes(detail.expected), bytes(detail.actual));
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

} // namespace sockit
