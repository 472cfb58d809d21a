#include "report/traffic.h"

#include "report/describe.h"
#include "report/format.h"

#include <fmt/core.h>

namespace sockit {

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

namespace {

std::string datagrams_text(const Traffic& traffic)
{
    if (!traffic.datagrams)
        return {};
    return fmt::format(" ({} and {} datagrams)", traffic.datagrams->sent,
                       traffic.datagrams->received);
}

} // namespace

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

} // namespace sockit
