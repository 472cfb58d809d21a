#include "report/probe_text.h"

#include "base/escape.h"

#include <fmt/format.h>

namespace sockit {

std::string icmp_text(const IcmpNotice& icmp)
{
    return fmt::format("{} {}/{} from {}: {}", icmp.v6 ? "ICMPv6" : "ICMP", icmp.type, icmp.code,
                       icmp.local ? "this host" : icmp.from, icmp_name(icmp));
}

std::string failure_text(const ProbeResult& result)
{
    if (result.error)
        return describe_error(*result.error);
    return escape(result.target) + " is " + std::string(probe_outcome_name(result.outcome));
}

std::string result_name(const ProbeResult& result, bool each_address)
{
    std::string name = escape(result.target);
    if (each_address && result.endpoint)
        name += " " + escape(result.endpoint->text());
    if (result.attempt > 1)
        name += fmt::format(" (try {})", result.attempt);
    return name;
}

std::string labels_text(const ProbeLabels& labels)
{
    std::string text;
    for (const auto& [key, value] : labels)
        text += (text.empty() ? " {" : ", ") + key + "=" + escape(value);
    return text.empty() ? text : text + "}";
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
