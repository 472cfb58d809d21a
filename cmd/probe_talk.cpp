#include "cmd/probe_talk.h"

#include "cmd/plan_common.h"

namespace sockit {

std::vector<Option> probe_talk_options(ProbeTalkArgs& args)
{
    return {{"--settle", "DUR", "Call it reset when the peer ends the connection within DUR",
             &args.settle}};
}

Result<ProbeTalkPlan> plan_probe_talk(const ProbeTalkArgs& args)
{
    ProbeTalkPlan plan;
    plan.settle = TRY(plan_duration(args.settle, "--settle"));
    return plan;
}

} // namespace sockit
