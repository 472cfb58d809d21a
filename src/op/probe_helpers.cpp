#include "op/probe_helpers.h"

#include <utility>

namespace sockit {

namespace {

constexpr auto helper_wake_token = ProbeWorker::token_end;

} // namespace

Result<> ProbeHelpers::start(std::size_t count, std::size_t room, Poller& first,
                             std::uint64_t token)
{
    if (count == 0)
        return {};
    m_first = TRY(Wakeup::open());
    TRY(first.add(m_first->ref(), token, {.read = true}));
    for (std::size_t i = 0; i < count; ++i) {
        Helper& helper =
            m_helpers.emplace_back(m_shared, TRY(PollerThread::open(helper_wake_token)), room);
        TRY(helper.thread.start([this, &helper] { help(helper); }));
    }
    return {};
}

void ProbeHelpers::wake() const
{
    for (const auto& helper : m_helpers)
        helper.thread.wakeup().notify();
}

void ProbeHelpers::stop(bool with_verdict)
{
    m_with_verdict = with_verdict;
    m_stop = true;
    wake();
    for (auto& helper : m_helpers)
        helper.thread.join();
}

Result<> ProbeHelpers::result() const
{
    for (const auto& helper : m_helpers)
        TRY(helper.result);
    return {};
}

void ProbeHelpers::help(Helper& helper)
{
    helper.result = work(helper);
    if (!helper.result) {
        m_failed = true;
        m_first->notify();
    } else if (m_with_verdict) {
        helper.worker.abandon_all();
    }
    helper.worker.settle(true);
}

Result<> ProbeHelpers::work(Helper& helper)
{
    while (!m_stop) {
        TRY(helper.worker.begin_some());
        helper.worker.settle(false);
        if (m_shared.ledger.is_over())
            m_first->notify();
        for (const auto& ready : TRY(helper.thread.poller().wait(helper.worker.next_wake()))) {
            if (ready.token == helper_wake_token)
                helper.thread.wakeup().clear();
            else
                TRY(helper.worker.handle(ready));
        }
        TRY(helper.worker.expire());
    }
    return {};
}

} // namespace sockit
