#include "base/escape.h"
#include "report/describe.h"
#include "report/shapes.h"
#include "report/tls.h"
#include "report/traffic.h"

#include <fmt/core.h>

#include <array>

namespace sockit {

namespace {

using Where = Placement::Where;

constexpr std::array listen_placements{
    Placement{"ready", Where::Top}, Placement{"close", Where::Array, "connections"},
    Placement{"summary", Where::Object, "summary"},
    Placement{"tls", Where::Nowhere}, // the connection has it
};

} // namespace

const DocumentShape listen_shape{.schema = "sockit.listen/1", .placements = listen_placements};

void describe(const ListenClosed& event, Record& record)
{
    record.start("close", Level::Verbose);
    if (record.wants_fields()) {
        auto& fields = record.fields;
        fields.add("id", event.id);
        fields.add("peer", event.peer);
        fields.add("local", event.local);
        if (event.proxy)
            fields.add("proxy", *event.proxy);
        add_traffic(fields, event.traffic);
        fields.add("duration_ns", event.duration);
        add_tls(fields, event.tls);
        fields.add("child_status", event.child_status);
        add_payload(record, event.payload);
        if (event.file)
            fields.add("file", *event.file);
        fields.add("error", event.error);
        return;
    }
    record.line =
        fmt::format("{} closed: {}", event.id, traffic_line(event.traffic, event.duration));
    if (event.child_status)
        record.line += fmt::format("; exit status {}", *event.child_status);
    if (event.file)
        record.line += "; in " + escape(*event.file);
    if (event.error)
        record.line += ": " + describe_error(*event.error);
}

void describe(const ListenSummary& event, Record& record)
{
    record.start("summary", Level::Hidden);
    auto& fields = record.fields;
    fields.add("accepted", event.accepted);
    fields.add("denied", event.denied);
    fields.add("closed", event.closed);
    fields.add("errors", event.errors);
    fields.add("bytes_received", event.bytes_received);
    fields.add("bytes_sent", event.bytes_sent);
    add_datagrams(fields, event.datagrams);
    fields.add("stopped_by", event.stopped_by);
    fields.add("error", event.error);
}

} // namespace sockit
