#include "base/escape.h"
#include "report/describe.h"
#include "report/latency.h"
#include "report/probe_text.h"

#include <fmt/format.h>

namespace sockit {

void describe(const ProbeStatistics& event, Record& record)
{
    record.start("statistics", Level::Result);
    const double loss =
        event.sent == 0 ? 0 : static_cast<double>(event.lost) / static_cast<double>(event.sent);
    if (!record.wants_fields()) {
        constexpr double percent = 100;
        record.line = fmt::format("{}: {} sent, {} open, {} lost ({:.1f} %){}",
                                  escape(event.target), event.sent, event.open, event.lost,
                                  loss * percent, labels_text(event.labels));
        if (const auto line = latency_line(event.kernel_rtt); !line.empty())
            record.line += "\n  kernel RTT  " + line;
        if (const auto line = latency_line(event.connect); !line.empty())
            record.line += "\n  connect     " + line;
        return;
    }
    Fields& fields = record.fields;
    fields.add("target", event.target);
    fields.add("sent", event.sent);
    fields.add("open", event.open);
    fields.add("lost", event.lost);
    fields.add("loss", loss);
    add_latency(fields, "kernel_rtt", event.kernel_rtt);
    add_latency(fields, "connect", event.connect);
    add_labels(fields, event.labels);
}

} // namespace sockit
