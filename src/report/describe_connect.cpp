#include "base/escape.h"
#include "report/describe.h"
#include "report/format.h"
#include "report/shapes.h"
#include "report/tls.h"
#include "report/traffic.h"

#include <fmt/core.h>

#include <array>

namespace sockit {

namespace {

using Where = Placement::Where;

constexpr std::array connect_placements{
    Placement{"attempt", Where::Array, "attempts"}, Placement{"summary", Where::Top},
    Placement{"error", Where::Nowhere}, Placement{"tls", Where::Nowhere}, // the summary has them
};

void add_phases(Fields& fields, const ConnectPhases& phases)
{
    fields.begin_object("phases");
    fields.add("resolve_ns", phases.resolve);
    fields.add("connect_ns", phases.connect);
    fields.add("tls_ns", phases.tls);
    fields.add("first_byte_ns", phases.first_byte);
    fields.add("total_ns", phases.total);
    fields.end_object();
}

void add_tcp(Fields& fields, const std::optional<TcpFacts>& tcp)
{
    if (!tcp) {
        fields.add("tcp", nullptr);
        return;
    }
    fields.begin_object("tcp");
    fields.add("rtt_ns", tcp->rtt_ns);
    fields.add("retransmits", tcp->retransmits);
    fields.end_object();
}

void add_proxy(Fields& fields, const std::optional<ProxyFacts>& proxy)
{
    if (!proxy) {
        fields.add("proxy", nullptr);
        return;
    }
    fields.begin_object("proxy");
    fields.add("url", proxy->url);
    fields.add("endpoint", proxy->endpoint);
    fields.add("reply", proxy->reply);
    fields.end_object();
}

} // namespace

const DocumentShape connect_shape{.schema = "sockit.connect/1", .placements = connect_placements};

void describe(const ConnectStarted& event, Record& record)
{
    record.start("start", Level::Hidden);
    record.fields.add("target", event.target);
    record.fields.add("time", event.time);
}

void describe(const ConnectAttempt& event, Record& record)
{
    record.start("attempt", event.error ? Level::Verbose : Level::Hidden);
    if (record.wants_fields()) {
        record.fields.add("endpoint", event.endpoint);
        record.fields.add("duration_ns", event.duration);
        record.fields.add("error", event.error);
        return;
    }
    if (event.error)
        record.line = describe_error(*event.error) + " after " + format_duration(event.duration);
}

void describe(const Connected& event, Record& record)
{
    record.start("connected", Level::Verbose);
    if (record.wants_fields()) {
        record.fields.add("local", event.local);
        record.fields.add("peer", event.peer);
        if (event.target)
            record.fields.add("target", *event.target);
        return;
    }
    record.line = "connected to ";
    if (event.target)
        record.line += escape(*event.target) + " through ";
    record.line += escape(event.peer.text());
    if (event.local.is_inet())
        record.line += " from " + event.local.text();
}

void describe(const ConnectClosed& event, Record& record)
{
    record.start("closed", Level::Verbose);
    if (record.wants_fields()) {
        add_traffic(record.fields, event.traffic);
        record.fields.add("duration_ns", event.duration);
        return;
    }
    record.line = traffic_line(event.traffic, event.duration);
}

void describe(const ConnectFailed& event, Record& record)
{
    record.start("error", Level::Hidden); // people read it as the command's last line on stderr
    record.fields.add("error", event.error);
}

void describe(const ConnectSummary& event, Record& record)
{
    record.start("summary", Level::Hidden);
    auto& fields = record.fields;
    fields.add("ok", !event.error && !event.stopped_by && event.child_status.value_or(0) == 0);
    fields.add("target", event.target);
    fields.add("local", event.local);
    fields.add("peer", event.peer);
    add_phases(fields, event.phases);
    add_traffic(fields, event.traffic);
    add_tcp(fields, event.tcp);
    add_proxy(fields, event.proxy);
    add_tls(fields, event.tls);
    fields.add("child_status", event.child_status);
    add_payload(record, event.payload);
    fields.add("stopped_by", event.stopped_by);
    fields.add("error", event.error);
}

} // namespace sockit
