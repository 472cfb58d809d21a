#include "op/echo_datagram.h"

#include "op/acceptor.h"
#include "op/echo_datagram_helpers.h"
#include "op/op_loop.h"

namespace sockit {

namespace {

constexpr std::uint64_t helpers_token = EchoDatagramWorker::token + 1;

Result<> answer_until_stopped(OpLoop& loop, EchoDatagramWorker& worker,
                              EchoDatagramHelpers& helpers, const EchoDatagramStory& story)
{
    TRY(helpers.start(loop.poller(), helpers_token));
    while (!loop.stopped() && !story.over() && !helpers.ended()) {
        TRY(worker.watch());
        for (const auto& ready : TRY(loop.wait(worker.next_wake())))
            if (ready.token == EchoDatagramWorker::token)
                TRY(worker.handle());
        worker.expire();
    }
    helpers.stop();
    return helpers.result();
}

} // namespace

Result<std::optional<int>> answer_datagrams(const EchoServerPlan& plan, const Emit& emit)
{
    auto loop = TRY(OpLoop::open(plan.deadline));
    const auto acceptor = TRY(Acceptor::open(plan.listener));
    EchoDatagramStory story(emit, plan.tell_peers);
    EchoDatagramHelpers helpers(plan, story);
    if (acceptor.local().is_inet())
        TRY(helpers.open(acceptor));
    TRY(enter_sandbox(plan.sandbox));
    if (!TRY(acceptor.announce(emit)))
        return loop.signal();
    EchoDatagramWorker worker(plan, story, acceptor.socket(), acceptor.local(), loop.poller());
    TRY(answer_until_stopped(loop, worker, helpers, story));
    EchoServerSummary summary;
    worker.add_to(summary);
    helpers.add_to(summary);
    summary.accepted = story.peers();
    summary.stopped_by = loop.stopped_by();
    story.tell(summary);
    return loop.signal();
}

} // namespace sockit
