#include "op/echo_helpers.h"

#include <system_error>
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
    for (std::size_t i = 0; i < count; ++i) {
        auto poller = TRY(Poller::open());
        auto wakeup = TRY(Wakeup::open());
        TRY(poller.add(wakeup.ref(), echo_wake_token, {.read = true}));
        m_helpers.emplace_back(m_shared, i + 1, std::move(poller), std::move(wakeup), emit);
    }
    for (auto& helper : m_helpers) {
        ++m_running;
        try {
            helper.thread = std::jthread([this, &helper] { help(helper); });
        } catch (const std::system_error& failure) {
            --m_running;
            return Failure(Error::from_errno(Phase::Socket, "clone", "", failure.code().value()));
        }
    }
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
        helper.wakeup.notify();
}

void EchoHelpers::stop()
{
    m_stop = true;
    wake_all();
    for (auto& helper : m_helpers)
        if (helper.thread.joinable())
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
        for (const auto& ready : TRY(helper.poller.wait(helper.worker.next_wake()))) {
            if (ready.token == echo_wake_token)
                helper.wakeup.clear();
            else
                helper.worker.handle(ready);
        }
        helper.worker.tick(Clock::now());
    }
    return {};
}

} // namespace sockit
