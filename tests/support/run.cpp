#include "support/run.h"

#include "base/deadline.h"
#include "base/error.h"
#include "base/escape.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sockit::test {

namespace {

using Time = std::chrono::steady_clock;

std::string joined(const Words& words)
{
    std::string line;
    for (const auto& word : words)
        line += (line.empty() ? "" : " ") + escape(word);
    return line;
}

std::vector<std::string> environment_of(const Surroundings& surroundings)
{
    std::map<std::string, std::string> all{{"LC_ALL", "C.UTF-8"}};
    for (const char* name :
         {"PATH", "HOME", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
        if (const char* value = std::getenv(name))
            all[name] = value;
    for (const auto& [name, value] : surroundings.environment)
        all[name] = value;
    std::vector<std::string> out;
    for (const auto& [name, value] : all)
        out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

/// In the child, between fork and exec: only what is async-signal-safe.
[[noreturn]] void become(const Surroundings& surroundings, const std::map<int, int>& fds,
                         char* const* words, char** environment)
{
    int high = 500; // out of the way of every descriptor that is put in place
    for (const auto& [there, here] : fds)
        high = std::max(high, here + 1);
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What is ignored or blocked stays so over exec: SIGPIPE by us, others by the shell that has us
    // in its background.
    for (int number = 1; number < SIGRTMIN; ++number)
        ::signal(number, SIG_DFL);
    sigset_t none{};
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const auto& [there, here] : fds)
        if (::dup2(here, high + there) < 0)
            ::_exit(125);
    for (const auto& [there, here] : fds)
        if (::dup2(high + there, there) < 0)
            ::_exit(125);
    unsigned int kept = 3;
    for (const auto& [there, here] : fds) {
        const auto number = static_cast<unsigned int>(there);
        if (number < kept)
            continue;
        if (number > kept)
            ::close_range(kept, number - 1, 0);
        kept = number + 1;
    }
    ::close_range(kept, ~0U, 0);
    for (const int fd : surroundings.closed)
        ::close(fd);
    for (const auto& [resource, most] : surroundings.limits) {
        const rlimit limit{.rlim_cur = most, .rlim_max = most};
        ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
    }
    if (!surroundings.directory.empty() && ::chdir(surroundings.directory.c_str()) < 0)
        ::_exit(125);
    ::execvpe(words[0], words, environment);
    ::_exit(127);
}

/// Appends what `fd` gives now; closes it at its end.
bool drain(Fd& fd, std::string& text)
{
    std::array<char, 65536> bytes{};
    const auto count = ::read(fd.get(), bytes.data(), bytes.size());
    if (count > 0)
        text.append(bytes.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        fd.close();
    return count > 0;
}

std::string shown(std::string_view text)
{
    constexpr std::size_t most = 4000;
    return escape_payload(text.substr(0, most)) +
           (text.size() > most ? "… (" + std::to_string(text.size()) + " bytes)" : "");
}

} // namespace

Pipe::Pipe()
{
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0) << errno_name(errno);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
}

std::ostream& operator<<(std::ostream& stream, const Outcome& outcome)
{
    if (outcome.signal != 0)
        stream << "died by SIG" << sigabbrev_np(outcome.signal);
    else
        stream << "exit " << outcome.status;
    return stream << "\n--- stdout\n"
                  << shown(outcome.out) << "\n--- stderr\n"
                  << shown(outcome.err) << "\n---\n";
}

testing::AssertionResult exited(const Outcome& outcome, int status)
{
    if (outcome.signal == 0 && outcome.status == status)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << "wanted exit " << status << ", got " << outcome;
}

testing::AssertionResult died_by(const Outcome& outcome, int signal)
{
    if (outcome.signal == signal)
        return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "wanted death by SIG" << sigabbrev_np(signal) << ", got " << outcome;
}

std::string sockit_binary()
{
    const char* other = std::getenv("SOCKIT_BINARY");
    return other != nullptr ? other : SOCKIT_BINARY;
}

bool is_sanitized() { return run({"--version"}).out.find("sanitize=") != std::string::npos; }

Running::Running(const Words& words, Surroundings surroundings)
    : m_surroundings(std::move(surroundings)), m_end(Time::now() + m_surroundings.limit),
      m_command(joined(words))
{
    Pipe in;
    Pipe out;
    Pipe err;
    std::map<int, int> fds{{0, in.read.get()}, {1, out.write.get()}, {2, err.write.get()}};
    for (const auto& [there, here] : m_surroundings.fds)
        fds[there] = here.value;
    auto arguments = words;
    auto environment = environment_of(m_surroundings);
    const auto argument_pointers = pointers(arguments);
    auto environment_pointers = pointers(environment);
    ::signal(SIGPIPE, SIG_IGN); // a process that does not read its input is no failure of ours
    m_pid = ::fork();
    if (m_pid == 0)
        become(m_surroundings, fds, argument_pointers.data(), environment_pointers.data());
    EXPECT_GT(m_pid, 0) << "fork: " << errno_name(errno);
    ::setpgid(m_pid, m_pid); // here as well: whoever is first
    m_out = std::move(out.read);
    m_err = std::move(err.read);
    m_input = std::move(in.write);
    m_wake = Fd(::eventfd(0, EFD_CLOEXEC));
    for (const Fd* fd : {&m_out, &m_err, &m_input})
        ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
    m_collector = std::thread([this] { collect(); });
}

Running::~Running()
{
    ::kill(-m_pid, SIGKILL); // its children too
    if (!m_reaped)
        reap();
}

void Running::send_signal(int signal) const
{
    EXPECT_EQ(::kill(m_pid, signal), 0) << errno_name(errno);
}

void Running::write_input(std::string_view bytes)
{
    const std::scoped_lock lock(m_mutex);
    m_surroundings.input += bytes;
    eventfd_write(m_wake.get(), 1);
}

void Running::close_input()
{
    const std::scoped_lock lock(m_mutex);
    m_surroundings.keep_input_open = false;
    eventfd_write(m_wake.get(), 1);
}

/// Feeds stdin and reads stdout and stderr until both end, or until the process is reaped.
void Running::collect()
{
    std::unique_lock lock(m_mutex);
    while (m_out.valid() || m_err.valid() || m_input.valid()) {
        auto& input = m_surroundings.input;
        if (m_input.valid() && input.empty() && !m_surroundings.keep_input_open)
            m_input.close();
        std::array<pollfd, 4> waiting{{{m_out.get(), POLLIN, 0},
                                       {m_err.get(), POLLIN, 0},
                                       {input.empty() ? -1 : m_input.get(), POLLOUT, 0},
                                       {m_wake.get(), POLLIN, 0}}};
        const bool reaped = m_reaped;
        lock.unlock();
        // Once reaped, what is in the pipes is all there is: a grandchild may hold them open.
        const int ready = ::poll(waiting.data(), waiting.size(), reaped ? 0 : -1);
        lock.lock();
        if (waiting[3].revents != 0) {
            eventfd_t ignored = 0;
            eventfd_read(m_wake.get(), &ignored);
        }
        if (reaped && (ready <= 0 || Time::now() > m_end))
            break;
        if (waiting[2].revents != 0) {
            const auto count = ::write(m_input.get(), input.data(), input.size());
            if (count > 0)
                input.erase(0, static_cast<std::size_t>(count));
            else if (errno != EAGAIN && errno != EINTR)
                m_input.close();
        }
        bool news = false;
        if (waiting[0].revents != 0)
            news = drain(m_out, m_out_text) || news;
        if (waiting[1].revents != 0)
            news = drain(m_err, m_err_text) || news;
        if (news)
            m_changed.notify_all();
    }
    m_collected = true;
    m_changed.notify_all();
}

std::string Running::wait_for(const std::string& stream, std::string_view text)
{
    std::unique_lock lock(m_mutex);
    const auto there = [&] { return stream.find(text) != std::string::npos; };
    const bool woken = m_changed.wait_until(lock, m_end, [&] { return there() || m_collected; });
    if (!there()) {
        const Outcome so_far{.status = -1, .signal = 0, .out = m_out_text, .err = m_err_text};
        ADD_FAILURE() << m_command << ": " << (woken ? "ended" : "time ran out")
                      << " without saying '" << escape(text) << "'\n"
                      << so_far;
    }
    return stream;
}

std::string Running::wait_for_output(std::string_view text) { return wait_for(m_out_text, text); }

std::string Running::wait_for_error(std::string_view text) { return wait_for(m_err_text, text); }

Outcome Running::reap()
{
    int status = 0;
    EXPECT_EQ(::waitpid(m_pid, &status, 0), m_pid) << errno_name(errno);
    {
        const std::scoped_lock lock(m_mutex);
        m_reaped = true;
        eventfd_write(m_wake.get(), 1);
    }
    m_collector.join();
    Outcome outcome{.status = -1, .signal = 0, .out = m_out_text, .err = m_err_text};
    if (WIFSIGNALED(status))
        outcome.signal = WTERMSIG(status);
    else
        outcome.status = WEXITSTATUS(status);
    return outcome;
}

Outcome Running::wait()
{
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0)));
    EXPECT_TRUE(process.valid()) << errno_name(errno);
    pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
    const bool ended = ::poll(&waiting, 1, Deadline::at(m_end).poll_milliseconds()) > 0;
    if (!ended)
        ::kill(-m_pid, SIGKILL);
    auto outcome = reap();
    if (!ended)
        ADD_FAILURE() << m_command << ": killed after " << m_surroundings.limit.count()
                      << " ms; until then: " << outcome;
    return outcome;
}

Server::Server(const Words& words, Surroundings surroundings)
{
    Pipe ready;
    surroundings.fds[3] = ready.write.ref();
    const auto deadline = Deadline::after(Duration(surroundings.limit));
    const auto child = std::ranges::find(words, "--");
    Words all{sockit_binary()};
    all.insert(all.end(), words.begin(), child);
    all.emplace_back("--ready-fd=3");
    all.insert(all.end(), child, words.end());
    m_running.emplace(all, std::move(surroundings));
    ready.write.close();

    pollfd waiting{.fd = ready.read.get(), .events = POLLIN, .revents = 0};
    std::string line;
    while (::poll(&waiting, 1, deadline.poll_milliseconds()) > 0) {
        std::array<char, 256> bytes{};
        const auto count = ::read(ready.read.get(), bytes.data(), bytes.size());
        if (count <= 0)
            break;
        line.append(bytes.data(), static_cast<std::size_t>(count));
    }
    if (line.ends_with('\n'))
        m_endpoint = line.substr(0, line.size() - 1);
    else
        ADD_FAILURE() << joined(all) << ": never ready: " << m_running->wait();
}

std::string Server::port() const { return m_endpoint.substr(m_endpoint.rfind(':') + 1); }

Outcome run_program(const Words& words, Surroundings surroundings)
{
    return Running(words, std::move(surroundings)).wait();
}

Outcome run(const Words& words, Surroundings surroundings)
{
    Words all{sockit_binary()};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all, std::move(surroundings));
}

TemporaryDirectory::TemporaryDirectory()
{
    m_path = (std::filesystem::temp_directory_path() / "sockit-XXXXXX").string();
    EXPECT_NE(::mkdtemp(m_path.data()), nullptr) << errno_name(errno);
}

TemporaryDirectory::~TemporaryDirectory()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

std::string TemporaryDirectory::path(std::string_view name) const
{
    return m_path + "/" + std::string(name);
}

std::string read_file(const std::string& path)
{
    std::ifstream stream(path, std::ios::binary);
    EXPECT_TRUE(stream) << path;
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const std::string& path, std::string_view text)
{
    std::ofstream stream(path, std::ios::binary);
    stream << text;
    EXPECT_TRUE(stream.flush()) << path;
}

} // namespace sockit::test
