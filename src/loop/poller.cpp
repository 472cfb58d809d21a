#include "loop/poller.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <limits>

#include <sys/epoll.h>

namespace sockit {

namespace {

timespec span_of(Duration patience)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
    return {.tv_sec = seconds.count(), .tv_nsec = (patience - seconds).count()};
}

/// Until `patience` is over; with none, for ever. None after a stray signal.
Result<std::size_t> wait_for_events(int epoll, std::span<epoll_event> events,
                                    std::optional<Duration> patience)
{
    static std::atomic<bool> knows_nanoseconds = true; // since Linux 5.11
    const auto most = static_cast<int>(events.size());
    int count = -1;
    if (knows_nanoseconds) {
        const timespec span = span_of(patience.value_or(Duration::zero()));
        count = ::epoll_pwait2(epoll, events.data(), most, patience ? &span : nullptr, nullptr);
        knows_nanoseconds = count >= 0 || errno != ENOSYS;
    }
    if (!knows_nanoseconds) {
        using std::chrono::milliseconds;
        const auto rounded =
            patience ? std::chrono::ceil<milliseconds>(*patience) : milliseconds(-1);
        count = ::epoll_wait(epoll, events.data(), most,
                             static_cast<int>(std::min<milliseconds::rep>(
                                 rounded.count(), std::numeric_limits<int>::max())));
    }
    if (count < 0 && errno != EINTR)
        return Failure(Error::from_errno(Phase::Socket, "epoll_wait", "", errno));
    return static_cast<std::size_t>(std::max(count, 0));
}

} // namespace

Result<Poller> Poller::open()
{
    Fd fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!fd.valid())
        return Failure(Error::from_errno(Phase::Socket, "epoll_create1", "", errno));
    return Poller(std::move(fd));
}

Result<> Poller::control(int operation, FdRef fd, std::uint64_t token, Interest interest) const
{
    epoll_event event{};
    event.events = (interest.read ? EPOLLIN : 0U) | (interest.write ? EPOLLOUT : 0U);
    event.data.u64 = token;
    if (::epoll_ctl(m_epoll.get(), operation, fd.value, &event) < 0)
        return Failure(Error::from_errno(Phase::Socket, "epoll_ctl", "", errno));
    return {};
}

Result<> Poller::add(FdRef fd, std::uint64_t token, Interest interest)
{
    auto added = control(EPOLL_CTL_ADD, fd, token, interest);
    if (!added && added.error().code == EPERM) { // epoll_ctl(2): the file does not support epoll
        m_always_ready.push_back({fd, token, interest});
        return {};
    }
    return added;
}

Result<> Poller::modify(FdRef fd, std::uint64_t token, Interest interest)
{
    const auto file = std::ranges::find(m_always_ready, fd, &AlwaysReady::fd);
    if (file != m_always_ready.end()) {
        *file = {fd, token, interest};
        return {};
    }
    return control(EPOLL_CTL_MOD, fd, token, interest);
}

void Poller::remove(FdRef fd)
{
    if (std::erase_if(m_always_ready, [&](const AlwaysReady& file) { return file.fd == fd; }) == 0)
        ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, fd.value, nullptr);
}

Result<std::span<const Ready>> Poller::wait(const Deadline& deadline)
{
    m_ready.clear();
    for (const auto& file : m_always_ready)
        if (file.interest.read || file.interest.write)
            m_ready.push_back({.token = file.token,
                               .readable = file.interest.read,
                               .writable = file.interest.write});

    const auto patience = m_ready.empty() ? deadline.remaining() : Duration::zero();
    std::array<epoll_event, 256> events; // what the kernel does not fill is not looked at
    const auto count = TRY(wait_for_events(m_epoll.get(), events, patience));
    for (const auto& event : std::span(events).first(count)) {
        m_ready.push_back({.token = event.data.u64,
                           .readable = (event.events & EPOLLIN) != 0,
                           .writable = (event.events & EPOLLOUT) != 0,
                           .hangup = (event.events & EPOLLHUP) != 0,
                           .error = (event.events & EPOLLERR) != 0});
    }
    return std::span<const Ready>(m_ready);
}

} // namespace sockit
