#include "base/escape.h"
#include "report/describe.h"
#include "report/format.h"

#include <fmt/core.h>

namespace sockit {

void describe(const ServerReady& event, Record& record)
{
    record.start("ready", Level::Info);
    if (record.wants_fields()) {
        record.fields.add("local", event.local);
        record.fields.add("time", event.time);
        return;
    }
    record.line = "listening on " + escape(event.local.text());
}

void describe(const PeerAccepted& event, Record& record)
{
    record.start("accept", Level::Verbose);
    if (record.wants_fields()) {
        record.fields.add("id", event.id);
        record.fields.add("peer", event.peer);
        record.fields.add("local", event.local);
        if (event.proxy)
            record.fields.add("proxy", *event.proxy);
        record.fields.add("time", event.time);
        return;
    }
    record.line = fmt::format("{} accepted from {}", event.id, escape(event.peer.text()));
    if (event.proxy)
        record.line += " through " + escape(event.proxy->text());
}

void describe(const PeerClosed& event, Record& record)
{
    record.start("close", Level::Verbose);
    if (record.wants_fields()) {
        record.fields.add("id", event.id);
        record.fields.add("bytes_received", event.bytes_received);
        record.fields.add("bytes_sent", event.bytes_sent);
        record.fields.add("duration_ns", event.duration);
        record.fields.add("closed_first", event.closed_first_by_peer ? "peer" : "local");
        record.fields.add("error", event.error);
        return;
    }
    record.line =
        fmt::format("{} closed after {}: {} in, {} out", event.id, format_duration(event.duration),
                    format_bytes(event.bytes_received), format_bytes(event.bytes_sent));
    if (event.error)
        record.line += ": " + describe_error(*event.error);
}

} // namespace sockit
