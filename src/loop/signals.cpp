#include "loop/signals.h"

#include <cerrno>
#include <cstring>

#include <sys/signalfd.h>
#include <unistd.h>

namespace sockit {

Result<Signals> Signals::open(std::initializer_list<int> signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals)
        sigaddset(&set, signal);
    Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd.valid())
        return Failure(Error::from_errno(Phase::Socket, "signalfd", "", errno));
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return Signals(std::move(fd));
}

std::optional<int> Signals::take() const
{
    signalfd_siginfo info{};
    ssize_t count = 0;
    do
        count = ::read(m_fd.get(), &info, sizeof info);
    while (count < 0 && errno == EINTR);
    if (count != static_cast<ssize_t>(sizeof info))
        return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

std::string Signals::name(int signal)
{
    const char* abbreviation = sigabbrev_np(signal);
    return abbreviation != nullptr ? std::string("SIG") + abbreviation : std::to_string(signal);
}

} // namespace sockit
