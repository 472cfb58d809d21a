#include "op/relay_driver.h"

namespace sockit {

RelayOutcome run_relay(OpLoop& loop, Channel& channel, Stream input, Destination& destination,
                       const RelayPlan& plan, const Emit& emit)
{
    RelaySession session(loop.poller(), 0, channel, std::move(input), destination, plan, emit);
    std::optional<Error> failed;
    while (!failed && !loop.stopped()) {
        const auto until = session.prepare();
        if (session.finished())
            break;
        if (const auto ready = loop.wait(until); !ready)
            failed = ready.error();
        else if (!loop.stopped())
            session.handle(*ready);
    }
    auto outcome = session.settle();
    if (!outcome.error)
        outcome.error = failed;
    return outcome;
}

} // namespace sockit
