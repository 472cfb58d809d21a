#include "op/child.h"

#include "base/escape.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sockit {

namespace {

/// posix_spawn's two descriptions, freed at the end.
struct SpawnSettings {
    SpawnSettings()
    {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings()
    {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

/// posix_spawn sets no limits: the child inherits what holds while it is started.
class DescriptorLimit {
public:
    explicit DescriptorLimit(const std::optional<rlimit>& wanted)
    {
        if (wanted && ::getrlimit(RLIMIT_NOFILE, &m_ours) == 0)
            m_changed = ::setrlimit(RLIMIT_NOFILE, &*wanted) == 0;
    }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    ~DescriptorLimit()
    {
        if (m_changed)
            ::setrlimit(RLIMIT_NOFILE, &m_ours);
    }

private:
    rlimit m_ours{};
    bool m_changed = false;
};

/// 0 and 1 are the socket, 2 stays, the rest goes, whoever left it open.
int prepare_descriptors(posix_spawn_file_actions_t& actions, FdRef socket)
{
    int failed = posix_spawn_file_actions_adddup2(&actions, socket.value, STDIN_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&actions, socket.value, STDOUT_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    return failed;
}

/// What we block and ignore for ourselves is not for the child.
void prepare_signals(posix_spawnattr_t& attributes)
{
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    sigdelset(&blocked, SIGINT);
    sigdelset(&blocked, SIGTERM);
    posix_spawnattr_setsigmask(&attributes, &blocked);
    sigset_t ordinary;
    sigemptyset(&ordinary);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM})
        sigaddset(&ordinary, signal);
    posix_spawnattr_setsigdefault(&attributes, &ordinary);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
}

constexpr std::array<std::string_view, 5> ucspi_names{
    "PROTO=", "TCPREMOTEIP=", "TCPREMOTEPORT=", "TCPLOCALIP=", "TCPLOCALPORT="};

std::vector<std::string> environment_for(const Endpoint& local, const Endpoint& peer)
{
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        bool ours = false;
        for (const auto name : ucspi_names)
            ours = ours || variable.starts_with(name);
        if (!ours)
            environment.emplace_back(variable);
    }
    const Endpoint here = local.unmapped();
    const Endpoint there = peer.unmapped();
    // A PROXY header may name a peer of another family than the socket's.
    const bool inet = here.is_inet() || there.is_inet();
    environment.emplace_back(inet ? "PROTO=TCP" : "PROTO=UNIX");
    if (there.is_inet()) {
        environment.push_back("TCPREMOTEIP=" + there.address());
        environment.push_back("TCPREMOTEPORT=" + std::to_string(there.port()));
    }
    if (here.is_inet()) {
        environment.push_back("TCPLOCALIP=" + here.address());
        environment.push_back("TCPLOCALPORT=" + std::to_string(here.port()));
    }
    return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

int wait_for(pid_t pid)
{
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

Result<Child> Child::start(const ChildPlan& plan, Socket socket, const Endpoint& local,
                           const Endpoint& peer)
{
    const auto& words = plan.words;
    const int flags = ::fcntl(socket.ref().value, F_GETFL);
    if (flags < 0 || ::fcntl(socket.ref().value, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return Failure(Error::from_errno(Phase::None, "fcntl", words[0], errno));
    SpawnSettings settings;
    prepare_signals(settings.attributes);
    int failed = prepare_descriptors(settings.actions, socket.ref());
    auto arguments = words;
    auto environment = environment_for(local, peer);
    pid_t pid = 0;
    const DescriptorLimit limit(plan.descriptors);
    if (failed == 0)
        failed = ::posix_spawnp(&pid, words[0].c_str(), &settings.actions, &settings.attributes,
                                pointers(arguments).data(), pointers(environment).data());
    if (failed != 0)
        return Failure(Error::from_errno(Phase::None, "exec", words[0], failed));
    socket.close(); // before the next descriptor is needed: there may be no room for both
    Child child(pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
    if (!child.m_pidfd.valid())
        return Failure(Error::from_errno(Phase::None, "pidfd_open", words[0], errno));
    return child;
}

Child::Child(Child&& other) noexcept
    : m_pid(std::exchange(other.m_pid, 0)), m_pidfd(std::move(other.m_pidfd))
{}

Child::~Child()
{
    if (m_pid == 0)
        return;
    send_signal(SIGKILL);
    wait_for(m_pid);
}

Result<std::optional<int>> Child::wait(OpLoop& loop)
{
    TRY(loop.poller().add(ref(), 0, {.read = true}));
    bool ended = false;
    while (!ended && !loop.stopped())
        ended = !TRY(loop.wait({})).empty();
    loop.poller().remove(ref());
    if (!loop.stopped())
        return std::optional(reap());
    end_all(std::span(this, 1));
    return std::optional<int>();
}

int Child::reap() { return wait_for(std::exchange(m_pid, 0)); }

void Child::send_signal(int signal) const
{
    if (::kill(-m_pid, signal) < 0)
        ::kill(m_pid, signal);
}

void Child::end_all(std::span<Child> children)
{
    const auto patience = Deadline::after(std::chrono::seconds(1));
    for (const auto& child : children)
        child.send_signal(SIGTERM);
    for (auto& child : children) {
        pollfd ended{.fd = child.m_pidfd.get(), .events = POLLIN, .revents = 0};
        while (::poll(&ended, 1, patience.poll_milliseconds()) < 0 && errno == EINTR)
            continue;
        // Unreaped, it still holds its group's number: this reaches what it left behind, too.
        child.send_signal(SIGKILL);
        child.reap();
    }
}

void warn_of_status(const ChildPlan& plan, int status, const Emit& emit)
{
    if (status != 0)
        emit(Warning{.message = quote(plan.words.front()) + " ended with exit status " +
                                std::to_string(status),
                     .error = std::nullopt});
}

} // namespace sockit
