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

/// The target's text, with its address if there is a result for each, and " (try 2)" from the
/// second on.
std::string result_name(const ProbeResult& result, bool each_address);

/// " {env=prod, rack=7}", where there are any.
std::string labels_text(const ProbeLabels& labels);

/// "labels", where there are any.
void add_labels(Fields& fields, const ProbeLabels& labels);

} // namespace sockit
