#include "report/traffic.h"

#include "report/describe.h"
#include "report/format.h"

#include <fmt/core.h>

#include <algorithm>

namespace sockit {

namespace {

void add_path(Fields& fields, const char* half, std::optional<DataPath> path)
{
    if (!path) {
        fields.add(half, nullptr);
        return;
    }
    switch (*path) {
    case DataPath::Copy: fields.add(half, "copy"); return;
    case DataPath::Splice: fields.add(half, "splice"); return;
    case DataPath::Sendfile: fields.add(half, "sendfile"); return;
    }
}

std::string datagrams_text(const Traffic& traffic)
{
    if (!traffic.datagrams)
        return {};
    return fmt::format(" ({} and {} datagrams)", traffic.datagrams->sent,
                       traffic.datagrams->received);
}

} // namespace

void add_traffic(Fields& fields, const Traffic& traffic)
{
    fields.add("bytes_sent", traffic.bytes_sent);
    fields.add("bytes_received", traffic.bytes_received);
    fields.add("bytes_unacked", traffic.bytes_unacked);
    if (traffic.closed_first)
        fields.add("closed_first", *traffic.closed_first == Side::Local ? "local" : "peer");
    else
        fields.add("closed_first", nullptr);
    fields.add("fin_sent", traffic.fin_sent);
    fields.add("stdin_eof", traffic.stdin_eof);
    fields.begin_object("path");
    add_path(fields, "send", traffic.send_path);
    add_path(fields, "receive", traffic.receive_path);
    fields.end_object();
    add_datagrams(fields, traffic.datagrams);
}

void add_datagrams(Fields& fields, const std::optional<Datagrams>& datagrams)
{
    if (!datagrams)
        return;
    fields.add("datagrams_sent", datagrams->sent);
    fields.add("datagrams_received", datagrams->received);
}

void add_payload(Record& record, const std::optional<KeptPayload>& payload)
{
    if (!payload || !record.wants_payload())
        return;
    record.fields.add("data", payload->bytes);
    record.fields.add("data_truncated", payload->truncated);
}

std::string traffic_line(const Traffic& traffic, Duration duration)
{
    std::string line;
    if (traffic.bytes_sent && traffic.bytes_received)
        line = fmt::format("sent {}, received {}{} in ", format_bytes(*traffic.bytes_sent),
                           format_bytes(*traffic.bytes_received), datagrams_text(traffic));
    else
        line = "took ";
    line += format_duration(duration);
    if (traffic.closed_first)
        line += *traffic.closed_first == Side::Local ? "; closed by us first"
                                                     : "; closed by the peer first";
    return line;
}

void describe(const PayloadReceived& event, Record& record)
{
    record.start("data", Level::Hidden);
    if (event.connection)
        record.fields.add("id", *event.connection);
    record.fields.add("data", event.bytes);
}

void describe(const TransferProgress& event, Record& record)
{
    record.start("progress", Level::Progress);
    const auto seconds = std::chrono::duration<double>(event.elapsed).count();
    if (record.wants_fields()) {
        record.fields.add("bytes_sent", event.bytes_sent);
        record.fields.add("bytes_received", event.bytes_received);
        record.fields.add("duration_ns", event.elapsed);
        return;
    }
    const auto way = [&](const char* verb, std::uint64_t bytes) {
        return fmt::format("{} {} ({}/s)", verb, format_bytes(bytes),
                           format_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) /
                                                                   std::max(seconds, 1e-9))));
    };
    record.line = way("sent", event.bytes_sent) + ", " + way("received", event.bytes_received) +
                  " in " + format_duration(event.elapsed);
}

} // namespace sockit
