#include "loop/poller_thread.h"

#include <system_error>
#include <utility>

namespace sockit {

Result<PollerThread> PollerThread::open(std::uint64_t wake_token)
{
    auto poller = TRY(Poller::open());
    auto wakeup = TRY(Wakeup::open());
    TRY(poller.add(wakeup.ref(), wake_token, {.read = true}));
    return PollerThread(std::move(poller), std::move(wakeup));
}

Result<> PollerThread::start(std::function<void()> body)
{
    try {
        m_thread = std::jthread(std::move(body));
    } catch (const std::system_error& failure) {
        return Failure(Error::from_errno(Phase::Socket, "clone", "", failure.code().value()));
    }
    return {};
}

void PollerThread::join()
{
    if (m_thread.joinable())
        m_thread.join();
}

} // namespace sockit
