#include "report/column_text.h"
#include "report/describe.h"

#include <fmt/format.h>

#include <array>

namespace sockit {

namespace {

constexpr std::array stat_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"socket", Placement::Where::Array, "sockets"},
    Placement{"totals", Placement::Where::Object, "totals"},
    Placement{"summary", Placement::Where::Object, "summary"},
};

constexpr std::array stat_counts_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"count", Placement::Where::Array, "counts"},
    Placement{"totals", Placement::Where::Object, "totals"},
    Placement{"summary", Placement::Where::Object, "summary"},
};

constexpr std::array stat_changes_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"change", Placement::Where::Array, "changes"},
    Placement{"rate", Placement::Where::Array, "rates"},
    Placement{"summary", Placement::Where::Object, "summary"},
};
constexpr std::array stat_events_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"event", Placement::Where::Array, "events"},
    Placement{"summary", Placement::Where::Object, "summary"},
};

void add_versions(Fields& fields, const TotalByVersion& total)
{
    fields.add("inet", total.v4);
    fields.add("inet6", total.v6);
}

void add_protocol(Fields& fields, std::string_view name, const TotalByVersion& total)
{
    fields.begin_object(name);
    add_versions(fields, total);
    fields.end_object();
}

void add_stat_totals(Fields& fields, const SocketTotals& totals)
{
    fields.add("sockets", totals.sockets);
    fields.begin_object("tcp");
    add_versions(fields, totals.tcp);
    fields.add("established", totals.tcp_established);
    fields.add("orphaned", totals.tcp_orphaned);
    fields.add("time_wait", totals.tcp_time_wait);
    fields.add("allocated", totals.tcp_allocated);
    fields.add("memory_bytes", totals.tcp_memory);
    fields.end_object();
    fields.begin_object("udp");
    add_versions(fields, totals.udp);
    fields.add("memory_bytes", totals.udp_memory);
    fields.end_object();
    add_protocol(fields, "udplite", totals.udplite);
    add_protocol(fields, "raw", totals.raw);
    add_protocol(fields, "fragments", totals.fragments);
}

std::string total_text(const std::optional<std::uint64_t>& count)
{
    return count ? std::to_string(*count) : "-";
}

std::optional<std::uint64_t> sum_of(const std::optional<std::uint64_t>& a,
                                    const std::optional<std::uint64_t>& b)
{
    return a || b ? std::optional(a.value_or(0) + b.value_or(0)) : std::nullopt;
}

std::string transport_line(std::string_view name, const TotalByVersion& total)
{
    return fmt::format("\n{:<10}{:<10}{:<10}{}", name, total_text(sum_of(total.v4, total.v6)),
                       total_text(total.v4), total_text(total.v6));
}

/// As ss counts: what is neither bound nor connected is closed. The kernel counts allocated sockets
/// for the whole host.
std::optional<std::uint64_t> closed_of(const SocketTotals& totals)
{
    const auto open = sum_of(totals.tcp.v4, totals.tcp.v6);
    if (!open || !totals.tcp_allocated || *totals.tcp_allocated < *open)
        return std::nullopt;
    return *totals.tcp_allocated - *open;
}

} // namespace

const DocumentShape stat_shape{.schema = "sockit.stat/1", .placements = stat_placements};
const DocumentShape stat_counts_shape{.schema = "sockit.stat/1",
                                      .placements = stat_counts_placements};
const DocumentShape stat_changes_shape{.schema = "sockit.stat/1",
                                       .placements = stat_changes_placements};
const DocumentShape stat_events_shape{.schema = "sockit.stat/1",
                                      .placements = stat_events_placements};

void describe(const StatTotals& event, Record& record)
{
    record.start("totals", Level::Result);
    const auto& totals = event.totals;
    if (record.wants_fields()) {
        add_stat_totals(record.fields, totals);
        return;
    }
    record.line = fmt::format(
        "Total: {}\nTCP:   {} (estab {}, closed {}, orphaned {}, timewait {})\n\n"
        "{:<10}{:<10}{:<10}IPv6",
        total_text(totals.sockets), total_text(sum_of(totals.tcp_allocated, totals.tcp_time_wait)),
        total_text(totals.tcp_established), total_text(closed_of(totals)),
        total_text(totals.tcp_orphaned), total_text(totals.tcp_time_wait), "Transport", "Total",
        "IP");
    const TotalByVersion inet{sum_of(sum_of(totals.raw.v4, totals.udp.v4), totals.tcp.v4),
                              sum_of(sum_of(totals.raw.v6, totals.udp.v6), totals.tcp.v6)};
    record.line += transport_line("RAW", totals.raw) + transport_line("UDP", totals.udp) +
                   transport_line("TCP", totals.tcp) + transport_line("INET", inet) +
                   transport_line("FRAG", totals.fragments) + "\n";
}

void describe(const StatGroup& event, Record& record)
{
    record.start("count", Level::Result);
    if (record.wants_fields()) {
        record.fields.begin_object("key");
        for (std::size_t i = 0; i < event.columns.size(); ++i)
            add_value(record.fields, *event.columns[i], event.values[i]);
        record.fields.end_object();
        record.fields.add("count", event.sockets);
        return;
    }
    record.cell("Count", true).text = std::to_string(event.sockets);
    for (std::size_t i = 0; i < event.columns.size(); ++i) {
        const auto& column = *event.columns[i];
        // Their headers speak of ports.
        const auto header = column.name == "local"  ? "Local Address"
                            : column.name == "peer" ? "Peer Address"
                                                    : column.header;
        append_value(record.cell(header, column.right).text, column, event.values[i]);
    }
}

} // namespace sockit
