#pragma once

#include "event/event.h"
#include "op/socket_plan.h"
#include "sock/target_list.h"

#include <optional>
#include <vector>

namespace sockit {

constexpr Duration probe_default_timeout = std::chrono::seconds(3);

struct ProbePlan {
    std::vector<TargetGroup> targets;
    SocketPlan socket;
    Duration timeout = probe_default_timeout; ///< of each target: its name, all of its addresses
    std::optional<Duration> deadline;         ///< of the whole run
    std::optional<Duration> settle; ///< how long an accepted connection must not end without a byte
    std::optional<std::size_t> parallel; ///< at once; none: as many as descriptors allow, to 1000
    ProbeOutcomes want;

    bool operator==(const ProbePlan&) const = default;
};

struct ProbeEnd {
    ProbeSummary summary;
    std::optional<ProbeResult> first_failed;
    std::optional<int> signal; ///< SIGINT or SIGTERM stopped it
};

/// Connects to every target, many at once, and tells of each what the kernel knows: emits
/// ProbeStarted, a ProbeResult as each verdict is found, and ProbeSummary at the end, also after
/// SIGINT and SIGTERM. All addresses of a name are tried until one is open; else the verdict is the
/// most telling one. Shortages of ours (descriptors, source ports) delay a probe and become
/// LocalError only after retries. At the deadline what is under way is a timeout, and what was not
/// begun stays unfinished. Errors: no loop or signals to be had.
Result<ProbeEnd> probe(const ProbePlan& plan, const Emit& emit);

} // namespace sockit
