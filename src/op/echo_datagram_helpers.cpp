#include "op/echo_datagram_helpers.h"

#include <utility>

namespace sockit {

namespace {

constexpr std::uint64_t wakeup_of_helper = EchoDatagramWorker::token + 1;

} // namespace

Result<> EchoDatagramHelpers::open(const Acceptor& first)
{
    if (m_plan.threads == 1)
        return {};
    // Not before it is bound: a port that somebody else has is not for sharing.
    TRY(first.socket().set_option(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"));
    auto listener = m_plan.listener;
    listener.reuseport = true;
    const auto& bound = first.local();
    while (m_helpers.size() + 1 < m_plan.threads) {
        auto opened = TRY(open_unbound(bound, listener));
        TRY(opened.socket.bind(bound));
        for (const auto phase : {SockoptPhase::Bound, SockoptPhase::Listening})
            TRY(apply_options(opened.socket, listener.socket, phase));
        m_helpers.emplace_back(m_plan, m_story, std::move(opened.socket), bound,
                               TRY(PollerThread::open(wakeup_of_helper)));
    }
    return {};
}

Result<> EchoDatagramHelpers::start(Poller& first, std::uint64_t token)
{
    if (m_helpers.empty())
        return {};
    m_first = TRY(Wakeup::open());
    TRY(first.add(m_first->ref(), token, {.read = true}));
    for (auto& helper : m_helpers)
        TRY(helper.thread.start([this, &helper] {
            helper.result = work(helper);
            if (m_stop)
                return;
            m_ended = true;
            m_first->notify();
        }));
    return {};
}

Result<> EchoDatagramHelpers::work(Helper& helper)
{
    while (!m_stop && !m_story.over()) {
        TRY(helper.worker.watch());
        for (const auto& ready : TRY(helper.thread.poller().wait(helper.worker.next_wake())))
            if (ready.token == EchoDatagramWorker::token)
                TRY(helper.worker.handle());
        helper.worker.expire();
    }
    return {};
}

void EchoDatagramHelpers::stop()
{
    m_stop = true;
    for (auto& helper : m_helpers) {
        helper.thread.wakeup().notify();
        helper.thread.join();
    }
}

Result<> EchoDatagramHelpers::result() const
{
    for (const auto& helper : m_helpers)
        TRY(helper.result);
    return {};
}

void EchoDatagramHelpers::add_to(EchoServerSummary& summary) const
{
    for (const auto& helper : m_helpers)
        helper.worker.add_to(summary);
}

} // namespace sockit
