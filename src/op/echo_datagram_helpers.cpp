#include "op/echo_datagram_helpers.h"

#include <system_error>
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
        auto poller = TRY(Poller::open());
        auto wakeup = TRY(Wakeup::open());
        TRY(poller.add(wakeup.ref(), wakeup_of_helper, {.read = true}));
        m_helpers.emplace_back(m_plan, m_story, std::move(opened.socket), bound, std::move(poller),
                               std::move(wakeup));
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
        try {
            helper.thread = std::jthread([this, &helper] {
                helper.result = work(helper);
                if (m_stop)
                    return;
                m_ended = true;
                m_first->notify();
            });
        } catch (const std::system_error& failure) {
            return Failure(Error::from_errno(Phase::Socket, "clone", "", failure.code().value()));
        }
    return {};
}

Result<> EchoDatagramHelpers::work(Helper& helper)
{
    while (!m_stop && !m_story.over()) {
        TRY(helper.worker.watch());
        for (const auto& ready : TRY(helper.poller.wait(helper.worker.next_wake())))
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
        helper.wakeup.notify();
        if (helper.thread.joinable())
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
