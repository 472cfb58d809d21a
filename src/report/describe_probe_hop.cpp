#include "base/escape.h"
#include "report/describe.h"
#include "report/format.h"
#include "report/probe_text.h"

#include <fmt/format.h>

namespace sockit {

namespace {

bool is_time_exceeded(const IcmpNotice& icmp)
{
    return icmp.v6 ? icmp.type == 3 && icmp.code == 0 : icmp.type == 11 && icmp.code == 0;
}

/// What every router on the way says is not worth a word.
std::string remark(const ProbeHop& event)
{
    std::string text;
    if (event.outcome)
        text += "  " + std::string(probe_outcome_name(*event.outcome));
    if (event.icmp && !is_time_exceeded(*event.icmp))
        text += fmt::format("  {} {}/{}: {}", event.icmp->v6 ? "ICMPv6" : "ICMP", event.icmp->type,
                            event.icmp->code, icmp_name(*event.icmp));
    return text;
}

} // namespace

void describe(const ProbeHop& event, Record& record)
{
    record.start("hop", Level::Result);
    if (!record.wants_fields()) {
        constexpr std::size_t address_width = 15; // any IPv4 address
        record.line = event.ttl == 1 ? escape(event.target) + ":\n" : "";
        record.line += fmt::format("{:>3}  ", event.ttl);
        if (!event.from && !event.outcome) {
            record.line += '*';
            return;
        }
        record.line +=
            fmt::format("{:<{}}  {:>8}{}", event.from ? escape(*event.from) : "-", address_width,
                        event.rtt ? format_duration(*event.rtt) : "-", remark(event));
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
