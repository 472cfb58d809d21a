#include "base/escape.h"
#include "report/chart.h"
#include "report/describe.h"
#include "report/format.h"
#include "report/latency.h"
#include "report/probe_text.h"
#include "report/width.h"

#include <fmt/format.h>

namespace sockit {

namespace {

/// "12 sent, 11 open, 1 lost (8.3 %)"
std::string counts_text(std::uint64_t sent, std::uint64_t open, std::uint64_t lost)
{
    constexpr double percent = 100;
    const double share =
        sent == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(sent) * percent;
    return fmt::format("{} sent, {} open, {} lost ({:.1f} %)", sent, open, lost, share);
}

/// What is waited for, and the last of it: " for a:1: refused, ".
std::string awaited_text(const ProbeProgress& event)
{
    if (!event.last)
        return ": ";
    const auto outcome = probe_outcome_name(*event.last);
    const auto target = escape(event.target);
    return event.targets == 1
               ? fmt::format(" for {}: {}, ", target, outcome)
               : fmt::format(" for {} targets: {} {}, ", event.targets, target, outcome);
}

} // namespace

void describe(const ProbeStatistics& event, Record& record)
{
    record.start("statistics", Level::Result);
    const double loss =
        event.sent == 0 ? 0 : static_cast<double>(event.lost) / static_cast<double>(event.sent);
    if (!record.wants_fields()) {
        const auto address = event.endpoint ? " (" + event.endpoint->text() + ")" : "";
        record.line = escape(event.target) + address + ": " +
                      counts_text(event.sent, event.open, event.lost) + labels_text(event.labels);
        if (const auto line = latency_line(event.kernel_rtt); !line.empty())
            record.line += "\n  kernel RTT  " + line;
        if (const auto line = latency_line(event.connect); !line.empty())
            record.line += "\n  connect     " + line;
        const auto picture =
            event.chart ? chart(event.connect, {.utf8 = locale_takes_utf8()}) : std::string();
        if (!picture.empty())
            record.line += "\n" + picture;
        return;
    }
    Fields& fields = record.fields;
    fields.add("target", event.target);
    if (event.endpoint)
        fields.add("endpoint", event.endpoint);
    fields.add("sent", event.sent);
    fields.add("open", event.open);
    fields.add("lost", event.lost);
    fields.add("loss", loss);
    add_latency(fields, "kernel_rtt", event.kernel_rtt);
    add_latency(fields, "connect", event.connect);
    add_labels(fields, event.labels);
}

void describe(const ProbeProgress& event, Record& record)
{
    record.start("progress", Level::Progress);
    if (record.wants_fields()) {
        record.fields.add("sent", event.sent);
        record.fields.add("open", event.open);
        record.fields.add("lost", event.lost);
        record.fields.add("duration_ns", event.elapsed);
        return;
    }
    constexpr std::size_t columns = 79; // of any terminal, without its last
    std::string line;
    if (event.waiting) {
        line = "waiting" + awaited_text(event) +
               fmt::format("{} {}, {}", event.sent, event.sent == 1 ? "try" : "tries",
                           format_duration(event.elapsed));
    } else {
        if (event.last)
            line = fmt::format("{}: {}, ", escape(event.target), probe_outcome_name(*event.last));
        line += counts_text(event.sent, event.open, event.lost);
        if (event.latest)
            line += ", last " + format_duration(*event.latest);
        if (event.mean)
            line += ", mean " + format_duration(*event.mean);
    }
    record.line = cut_to_width(line, columns);
}

} // namespace sockit
