#include "cmd/become.h"

#include "cmd/command.h"

#include <array>
#include <cerrno>

#include <unistd.h>

namespace sockit {

namespace {

struct Disposition {
    int signal;
    void (*before)(int) = SIG_DFL;
};

std::array ignored{Disposition{SIGPIPE}, Disposition{SIGXFSZ}};

} // namespace

void ignore_write_signals()
{
    for (auto& entry : ignored)
        entry.before = ::signal(entry.signal, SIG_IGN);
}

Inheritance::Inheritance()
{
    ::pthread_sigmask(SIG_SETMASK, nullptr, &m_blocked);
    ::getrlimit(RLIMIT_NOFILE, &m_descriptors);
}

ExitStatus Inheritance::become(std::vector<std::string> words) const
{
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    for (const auto& entry : ignored)
        ::signal(entry.signal, entry.before);
    ::setrlimit(RLIMIT_NOFILE, &m_descriptors);
    ::pthread_sigmask(SIG_SETMASK, &m_blocked, nullptr);
    ::execvp(arguments[0], arguments.data());
    const int reason = errno;
    fail(Error::from_errno(Phase::None, "exec", words[0], reason));
    return reason == ENOENT ? ExitStatus::NotFound : ExitStatus::NotRunnable;
}

} // namespace sockit
