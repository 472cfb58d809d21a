#pragma once

#include "event/probe.h"
#include "report/fields.h"

#include <string>

namespace sockit {

/// `ICMP 3/13 from 10.0.0.9: communication administratively prohibited`: the sender first, since
/// the end is what a narrow terminal cuts.
std::string icmp_text(const IcmpNotice& icmp);

/// Why the result is not what was wanted: the error in one line, or else the outcome.
std::string failure_text(const ProbeResult& result);

/// " (try 2)", from the second on.
std::string attempt_suffix(const ProbeResult& result);

/// " {env=prod, rack=7}", where there are any.
std::string labels_text(const ProbeLabels& labels);

/// "labels", where there are any.
void add_labels(Fields& fields, const ProbeLabels& labels);

} // namespace sockit
