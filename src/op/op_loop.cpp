#include "op/op_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include <poll.h>

namespace sockit {

namespace {

constexpr auto signal_token = std::numeric_limits<std::uint64_t>::max();

} // namespace

Result<OpLoop> OpLoop::open(std::optional<Duration> run_limit)
{
    const auto deadline = Deadline::after(run_limit);
    auto poller = TRY(Poller::open());
    auto signals = TRY(Signals::open());
    TRY(poller.add(signals.ref(), signal_token, {.read = true}));
    return OpLoop(std::move(poller), std::move(signals), deadline);
}

Result<std::span<const Ready>> OpLoop::wait(const Deadline& deadline)
{
    const auto ready = TRY(m_poller.wait(sooner(deadline, m_deadline)));
    // Not without need: a busy server would pay a system call a round for it.
    if (std::ranges::find(ready, signal_token, &Ready::token) != ready.end())
        note_signal();
    note_deadline();
    return ready;
}

Result<> OpLoop::wait_writable(FdRef fd)
{
    std::array<pollfd, 2> waiting{{{.fd = fd.value, .events = POLLOUT, .revents = 0},
                                   {.fd = m_signals.ref().value, .events = POLLIN, .revents = 0}}};
    if (::poll(waiting.data(), waiting.size(), m_deadline.poll_milliseconds()) < 0 &&
        errno != EINTR)
        return Failure(Error::from_errno(Phase::Output, "poll", "", errno));
    note_signal();
    note_deadline();
    return {};
}

std::optional<std::string> OpLoop::stopped_by() const
{
    if (m_signal)
        return Signals::name(*m_signal);
    return m_deadline_passed ? std::optional<std::string>("deadline") : std::nullopt;
}

void OpLoop::note_signal()
{
    if (!m_signal)
        m_signal = m_signals.take();
}

void OpLoop::note_deadline()
{
    m_deadline_passed = m_deadline_passed || (!m_signal && m_deadline.passed());
}

} // namespace sockit
