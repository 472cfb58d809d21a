#pragma once

#include "event/probe.h"
#include "report/fields.h"

#include <string>

namespace sockit {

/// `ICMP 3/13 from 10.0.0.9: communication administratively prohibited`: the sender first, since
/// the end is what a narrow terminal cuts.
std::string icmp_text(const IcmpNotice& icmp);

/// "labels", where there are any.
void add_labels(Fields& fields, const ProbeLabels& labels);

} // namespace sockit
