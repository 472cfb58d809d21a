#include "sock/endpoint.h"
#include "sock/resolve.h"
#include "sock/sandbox.h"
#include "sock/socket.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

bool kernel_has(std::string_view part)
{
    const auto parts = sandbox_parts();
    return std::ranges::find(parts, part, &SandboxPart::name)->present;
}

/// What `act` says in a process of its own.
std::string in_child(const std::function<std::string()>& act)
{
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto said = act();
        (void)!::write(ends[1], said.data(), said.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string said;
    std::array<char, 512> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
        said.append(buffer.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
    return said;
}

/// "ok", or the name of the errno value, of a call that returns less than 0 when it fails.
std::string how(long result) { return result >= 0 ? "ok" : ::strerrorname_np(errno); }

/// The same, inside.
std::string inside(const SandboxPlan& plan, const std::function<long()>& call)
{
    return in_child([&]() -> std::string {
        if (!enter_sandbox(plan))
            return "no sandbox";
        return how(call());
    });
}

long open_file(const std::string& path, int flags) { return ::open(path.c_str(), flags, 0600); }

class Sandbox : public testing::Test {
protected:
    void SetUp() override
    {
        if (!kernel_has("files") || !kernel_has("syscalls"))
            GTEST_SKIP() << "this kernel has neither Landlock nor seccomp";
        write_file(m_directory.path("mine"), "x");
    }

    TemporaryDirectory m_directory;
};

TEST_F(Sandbox, NothingHappensWithoutAPlan)
{
    const auto path = m_directory.path("mine");
    EXPECT_EQ(in_child([&]() -> std::string {
                  return enter_sandbox(std::nullopt) ? how(open_file(path, O_RDWR)) : "error";
              }),
              "ok");
}

TEST_F(Sandbox, FilesAreThoseOfThePlan)
{
    const auto mine = m_directory.path("mine");
    const auto fresh = m_directory.path("new");
    EXPECT_EQ(inside({}, [&] { return open_file(mine, O_RDONLY); }), "EACCES");
    EXPECT_EQ(inside({}, [&] { return open_file(mine, O_WRONLY); }), "EACCES");
    EXPECT_EQ(inside({}, [&] { return open_file(fresh, O_WRONLY | O_CREAT); }), "EACCES");
    EXPECT_EQ(inside({}, [&] { return ::unlink(mine.c_str()); }), "EACCES");
    EXPECT_EQ(inside({}, [] { return open_file("/etc/shadow", O_RDONLY); }), "EACCES");
    EXPECT_EQ(inside({.readable = {mine}}, [&] { return open_file(mine, O_RDONLY); }), "ok");
    EXPECT_EQ(inside({.readable = {mine}}, [&] { return open_file(mine, O_WRONLY); }), "EACCES");
    EXPECT_EQ(
        inside({.readable = {m_directory.path("")}}, [&] { return open_file(mine, O_RDONLY); }),
        "ok");
    EXPECT_EQ(inside({.writable = {mine}}, [&] { return open_file(mine, O_WRONLY | O_TRUNC); }),
              "ok");
    EXPECT_EQ(inside({.writable = {mine}}, [&] { return open_file(mine, O_RDONLY); }), "EACCES");
}

TEST_F(Sandbox, AFileIsMadeAndGivenItsName)
{
    const auto made = m_directory.path("made");
    const auto temporary = m_directory.path("made.tmp");
    const auto make = [&]() -> long {
        const auto fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL);
        return fd < 0 ? fd : ::rename(temporary.c_str(), made.c_str());
    };
    EXPECT_EQ(inside({.writable = {made}}, make), "ok");
    EXPECT_EQ(inside({.writable = {made}}, make), "ok") << "over the old one";
    EXPECT_EQ(inside({.writable = {m_directory.path("directory")}},
                     [&]() -> long {
                         const auto directory = m_directory.path("directory");
                         if (::mkdir(directory.c_str(), 0700) < 0)
                             return -1;
                         return open_file(directory + "/file", O_WRONLY | O_CREAT);
                     }),
              "ok");
}

TEST_F(Sandbox, NamesAreStillResolved)
{
    EXPECT_EQ(in_child([]() -> std::string {
                  if (!enter_sandbox(SandboxPlan{}))
                      return "no sandbox";
                  const auto target = parse_target("localhost:80", Role::Client);
                  const auto found = resolve(*target, AddressFamily::Inet,
                                             Deadline::after(std::chrono::seconds(20)));
                  return found ? found->front().text() : message(found.error());
              }),
              "127.0.0.1:80");
}

TEST_F(Sandbox, NoProgramIsRunAndNoProcessMade)
{
    EXPECT_EQ(inside({}, [] { return ::execl("/bin/true", "true", nullptr); }), "EPERM");
    EXPECT_EQ(inside({}, [] { return ::fork(); }), "EPERM");
    EXPECT_EQ(inside({}, [] { return ::syscall(SYS_clone3, nullptr, 0); }), "ENOSYS");
    EXPECT_EQ(inside({}, [] { return ::unshare(CLONE_NEWUSER); }), "EPERM");
    EXPECT_EQ(inside({}, [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }), "EPERM");
    EXPECT_EQ(inside({}, [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), "EPERM");
    EXPECT_EQ(inside({}, [&] { return ::chmod(m_directory.path("mine").c_str(), 0777); }), "EPERM");
}

TEST_F(Sandbox, ThreadsAreMade)
{
    EXPECT_EQ(inside({},
                     []() -> long {
                         long seen = -1;
                         std::thread([&] { seen = 1; }).join();
                         return seen;
                     }),
              "ok");
}

TEST_F(Sandbox, NoSignalReachesOthers)
{
    if (!kernel_has("signals"))
        GTEST_SKIP() << "this kernel has no rules for signals";
    EXPECT_EQ(inside({}, [] { return ::kill(::getppid(), 0); }), "EPERM");
    EXPECT_EQ(inside({}, [] { return ::kill(::getpid(), 0); }), "ok");
}

/// 0, or less with errno, as system calls do.
template <class T>
long as_call(const Result<T>& result)
{
    errno = result ? 0 : result.error().code;
    return result ? 0 : -1;
}

long bind_to(std::uint16_t port)
{
    const auto socket = Socket::open(AF_INET, SOCK_STREAM);
    return as_call(socket->bind(Endpoint::from_literal("127.0.0.1", port).value()));
}

TEST_F(Sandbox, TcpIsBoundWhereThePlanSays)
{
    if (!kernel_has("tcp"))
        GTEST_SKIP() << "this kernel has no rules for TCP";
    EXPECT_EQ(inside({}, [] { return bind_to(0); }), "EACCES");
    EXPECT_EQ(inside({.bind_ports = {0}}, [] { return bind_to(0); }), "ok");
    EXPECT_EQ(inside({.bind_ports = {7001}}, [] { return bind_to(7001); }), "ok");
    EXPECT_EQ(inside({.bind_ports = {7001}}, [] { return bind_to(7002); }), "EACCES");
}

TEST_F(Sandbox, TcpConnectsWhereThePlanSays)
{
    if (!kernel_has("tcp"))
        GTEST_SKIP() << "this kernel has no rules for TCP";
    const auto connect_to = [](std::uint16_t port) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto there = Endpoint::from_literal("127.0.0.1", port).value();
        return static_cast<long>(::connect(socket, there.data(), there.size()));
    };
    EXPECT_EQ(inside({}, [&] { return connect_to(7003); }), "ECONNREFUSED");
    EXPECT_EQ(inside({.connects = false}, [&] { return connect_to(7003); }), "EACCES");
    EXPECT_EQ(inside({.connects = false}, [&] { return connect_to(53); }), "ECONNREFUSED")
        << "names may be asked for over TCP";
}

/// From here on the kernel is one without Landlock.
bool forget_landlock()
{
    std::array code{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program{.len = code.size(), .filter = code.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_F(Sandbox, AnOldKernelIsAnErrorWhereItIsRequired)
{
    EXPECT_EQ(in_child([]() -> std::string {
                  forget_landlock();
                  const auto entered = enter_sandbox(SandboxPlan{.required = true});
                  return entered ? "entered"
                                 : code_name(entered.error()) + ": " + message(entered.error());
              }),
              "UNSUPPORTED: this kernel lacks what --sandbox=require wants: files, tcp, signals");
}

TEST_F(Sandbox, AnOldKernelDoesWhatItCan)
{
    const auto mine = m_directory.path("mine");
    EXPECT_EQ(in_child([&]() -> std::string {
                  forget_landlock();
                  if (!enter_sandbox(SandboxPlan{}))
                      return "no sandbox";
                  return how(open_file(mine, O_RDONLY)) + " " + how(::fork());
              }),
              "ok EPERM");
}

/// As many layers as a process can have: another one is E2BIG (landlock(7)).
bool exhaust_landlock()
{
    constexpr int most_layers = 16;
    const landlock_ruleset_attr nothing{.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SYM};
    const Fd rules(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &nothing, sizeof nothing.handled_access_fs, 0U)));
    bool done = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    for (int i = 0; i < most_layers; ++i)
        done = done && ::syscall(SYS_landlock_restrict_self, rules.get(), 0U) == 0;
    return done;
}

TEST_F(Sandbox, WhereLandlockFailsSystemCallsAreFilteredAllTheSame)
{
    EXPECT_EQ(in_child([]() -> std::string {
                  if (!exhaust_landlock() || !enter_sandbox(SandboxPlan{}))
                      return "no sandbox";
                  return how(::fork());
              }),
              "EPERM");
}

TEST_F(Sandbox, WhereLandlockFailsItIsAnErrorIfRequired)
{
    if (!kernel_has("signals"))
        GTEST_SKIP() << "this kernel has no whole sandbox";
    EXPECT_EQ(in_child([]() -> std::string {
                  exhaust_landlock();
                  const auto entered = enter_sandbox(SandboxPlan{.required = true});
                  return entered ? "entered" : code_name(entered.error());
              }),
              "E2BIG");
}

} // namespace
} // namespace sockit::test::THIS_FILE
