#include "op/echo_helpers.h"

#include <utility>

namespace sockit {

namespace {

constexpr auto echo_wake_token = EchoWorker::token_end;

} // namespace

Result<> EchoHelpers::start(std::size_t count, Poller& first, std::uint64_t token, const Emit& emit)
{
    if (count == 0)
        return {};
    m_first = TRY(Wakeup::open());
    TRY(first.add(m_first->ref(), token, {.read = true}));
    for (std::size_t i = 0; i < count; ++i)
        m_helpers.emplace_back(m_shared, i + 1, TRY(PollerThread::open(echo_wake_token)), emit);
    m_running = count;
    for (auto& helper : m_helpers)
        TRY(helper.thread.start([this, &helper] { help(helper); }));
    return {};
}

void EchoHelpers::woken() const
{
    if (m_first)
        m_first->clear();
}

void EchoHelpers::wake_all() const
{
    if (m_first)
        m_first->notify();
    for (const auto& helper : m_helpers)
        helper.thread.wakeup().notify();
}

void EchoHelpers::stop()
{
    m_stop = true;
    wake_all();
    for (auto& helper : m_helpers)
        helper.thread.join();
}

Result<> EchoHelpers::add_to(EchoReport& report)
{
    for (auto& helper : m_helpers) {
        TRY(std::move(helper.result));
        report.add(helper.worker.take_report());
    }
    return {};
}

void EchoHelpers::help(Helper& helper)
{
    helper.result = work(helper);
    helper.worker.finish();
    --m_running;
    m_first->notify();
}

Result<> EchoHelpers::work(Helper& helper)
{
    helper.worker.start(Clock::now());
    helper.worker.tick(Clock::now());
    while (!m_stop && !helper.worker.done()) {
        for (const auto& ready : TRY(helper.thread.poller().wait(helper.worker.next_wake()))) {
            if (ready.token == echo_wake_token)
                helper.thread.wakeup().clear();
            else
                helper.worker.handle(ready);
        }
        helper.worker.tick(Clock::now());
    }
    return {};
}

} // namespace sockit
