#include "base/escape.h"
#include "report/describe.h"
#include "report/format.h"
#include "report/probe_text.h"

#include <fmt/format.h>

namespace sockit {

void describe(const ProbeHop& event, Record& record)
{
    record.start("hop", Level::Result);
    if (!record.wants_fields()) {
        record.line = fmt::format("{:>3}  {}", event.ttl, event.from ? escape(*event.from) : "*");
        if (event.rtt)
            record.line += "  " + format_duration(*event.rtt);
        if (event.icmp)
            record.line += "  " + icmp_text(*event.icmp);
        if (event.outcome)
            record.line += "  " + std::string(probe_outcome_name(*event.outcome));
        return;
    }
    Fields& fields = record.fields;
    fields.add("target", event.target);
    fields.add("ttl", event.ttl);
    fields.add("from", event.from);
    fields.add("rtt_ns", event.rtt);
    fields.add("icmp", event.icmp);
    if (event.outcome)
        fields.add("outcome", probe_outcome_name(*event.outcome));
}

} // namespace sockit
