#include "report/probe_text.h"

#include <fmt/format.h>

namespace sockit {

std::string icmp_text(const IcmpNotice& icmp)
{
    return fmt::format("{} {}/{} from {}: {}", icmp.v6 ? "ICMPv6" : "ICMP", icmp.type, icmp.code,
                       icmp.local ? "this host" : icmp.from, icmp_name(icmp));
}

void add_labels(Fields& fields, const ProbeLabels& labels)
{
    if (labels.empty())
        return;
    fields.begin_object("labels");
    for (const auto& [key, value] : labels)
        fields.add(key, value);
    fields.end_object();
}

} // namespace sockit
