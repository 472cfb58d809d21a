#include "op/probe_finding.h"

#include <utility>

namespace sockit {

ProbeResult result_of(Finding finding, const Target& target, const ProbePlan& plan,
                      std::optional<Duration> resolve, Clock::time_point begun)
{
    ProbeResult result;
    result.target = target.text;
    result.endpoint = finding.endpoint;
    result.transport = target.transport;
    result.outcome = finding.outcome;
    result.want = plan.want;
    result.ok = contains(plan.want, finding.outcome);
    result.phases = {.resolve = resolve,
                     .connect = finding.connect,
                     .tls = finding.tls,
                     .first_byte = finding.first_byte,
                     .total = resolve.value_or(Duration::zero()) + (Clock::now() - begun)};
    result.kernel_rtt = finding.kernel_rtt;
    result.syn_retransmits = finding.syn_retransmits;
    result.sync = finding.sync;
    result.source = finding.source;
    result.banner = std::move(finding.banner);
    result.tls = std::move(finding.facts);
    result.labels = plan.labels;
    result.error = std::move(finding.error);
    return result;
}

} // namespace sockit
