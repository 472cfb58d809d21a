#include "op/echo_datagram.h"

#include "op/echo_datagram_helpers.h"

namespace sockit {

namespace {

constexpr std::uint64_t helpers_token = EchoDatagramWorker::token + 1;

/// Where a second socket on the same address is possible, and would get a share of the peers.
bool may_share(const Acceptor& acceptor, const EchoServerPlan& plan)
{
    return acceptor.local().is_inet() && !plan.listener.passed;
}

Result<> answer_until_stopped(OpLoop& loop, EchoDatagramWorker& worker,
                              EchoDatagramHelpers& helpers, const EchoDatagramStory& story)
{
    TRY(helpers.start(loop.poller(), helpers_token));
    while (!loop.stopped() && !story.over() && !helpers.ended()) {
        TRY(worker.watch());
        for (const auto& ready : TRY(loop.wait(worker.next_wake())))
            if (ready.token == EchoDatagramWorker::token)
                TRY(worker.handle(ready));
        worker.expire();
    }
    helpers.stop();
    return helpers.result();
}

} // namespace

Result<> echo_datagrams(OpLoop& loop, Acceptor& acceptor, const EchoServerPlan& plan,
                        const Emit& emit)
{
    TRY(prepare_for_datagrams(acceptor.socket())); // a passed one is not
    EchoDatagramStory story(emit, plan.tell_peers);
    EchoDatagramHelpers helpers(plan, story);
    if (may_share(acceptor, plan))
        TRY(helpers.open(acceptor.local()));
    if (!TRY(acceptor.announce(emit)))
        return {};
    EchoDatagramWorker worker(plan, story, acceptor.socket(), acceptor.local(), loop.poller());
    TRY(answer_until_stopped(loop, worker, helpers, story));
    EchoServerSummary summary;
    worker.add_to(summary);
    helpers.add_to(summary);
    summary.accepted = story.peers();
    summary.stopped_by = loop.stopped_by();
    story.tell(summary);
    return {};
}

} // namespace sockit
