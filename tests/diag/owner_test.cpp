#include "diag/owner.h"
#include "diag/process_walk.h"
#include "live_sockets.h"
#include "support/proc_root.h"

#include <atomic>
#include <semaphore>
#include <set>
#include <thread>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace sockit::test::THIS_FILE {
namespace {

SocketInfo with_owners(const OwnerMap& owners, std::uint64_t inode)
{
    SocketInfo info;
    info.inode = inode;
    owners.assign_to(info);
    return info;
}

std::optional<SocketOwner> owned_by(const SocketInfo& info, pid_t pid)
{
    if (info.processes)
        for (const auto& owner : *info.processes)
            if (owner.pid == pid)
                return owner;
    return std::nullopt;
}

/// A copy of this process that holds our descriptors under another name until it is told to end.
class NamedChild {
public:
    explicit NamedChild(const char* name)
    {
        std::array<int, 2> ready{};
        std::array<int, 2> end{};
        EXPECT_EQ(::pipe(ready.data()), 0);
        EXPECT_EQ(::pipe(end.data()), 0);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(end[1]);
            ::prctl(PR_SET_NAME, name);
            char byte = 'r';
            const bool told = ::write(ready[1], &byte, 1) == 1 && ::read(end[0], &byte, 1) == 0;
            ::_exit(told ? 0 : 1);
        }
        ::close(ready[1]);
        ::close(end[0]);
        char byte = 0;
        EXPECT_EQ(::read(ready[0], &byte, 1), 1);
        ::close(ready[0]);
        m_end = Fd(end[1]);
    }
    NamedChild(const NamedChild&) = delete;
    NamedChild& operator=(const NamedChild&) = delete;
    ~NamedChild()
    {
        m_end.close();
        ::waitpid(m_pid, nullptr, 0);
    }

    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid = -1;
    Fd m_end;
};

TEST(Owners, OurOwnSocketWithItsDescriptor)
{
    const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
    const auto owners = find_owners({inode_of(socket), 0, 1}, "/proc");
    ASSERT_TRUE(owners);
    const auto info = with_owners(*owners, inode_of(socket));
    EXPECT_TRUE(info.processes_asked);
    const auto owner = owned_by(info, ::getpid());
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->fd, socket.ref().value);
    EXPECT_FALSE(owner->comm.empty());
}

TEST(Owners, EveryDescriptorOfEveryProcess)
{
    const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
    const Fd duplicate(::dup(socket.ref().value));
    const NamedChild child("second");
    const auto owners = find_owners({inode_of(socket)}, "/proc");
    ASSERT_TRUE(owners);
    const auto info = with_owners(*owners, inode_of(socket));
    ASSERT_TRUE(info.processes);
    EXPECT_EQ(info.processes->size(), 4U);
    const auto second = owned_by(info, child.pid());
    ASSERT_TRUE(second);
    EXPECT_EQ(second->comm, "second");
}

TEST(Owners, NamesAreRawBytes)
{
    const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
    for (const char* name :
         {"a\x1b[31mb", "two\nlines\n", "\"quo'te\\", "\xff\xfe\xc0", "(", " ", "\n"}) {
        const NamedChild child(name);
        const auto owners = find_owners({inode_of(socket)}, "/proc");
        ASSERT_TRUE(owners);
        const auto owner = owned_by(with_owners(*owners, inode_of(socket)), child.pid());
        ASSERT_TRUE(owner);
        EXPECT_EQ(std::string_view(owner->comm), name);
    }
}

TEST(Owners, KnownToHaveNoneAndNotKnown)
{
    const OwnerMap everything_seen({}, {}, 0);
    auto info = with_owners(everything_seen, 5);
    ASSERT_TRUE(info.processes);
    EXPECT_TRUE(info.processes->empty());
    EXPECT_FALSE(info.processes_incomplete);

    const OwnerMap some_forbidden({{7, 1, 2}}, {{1, 1, "x"}}, 3);
    info = with_owners(some_forbidden, 5);
    EXPECT_EQ(info.processes, std::nullopt);
    EXPECT_TRUE(info.processes_incomplete);
    info = with_owners(some_forbidden, 7);
    ASSERT_TRUE(info.processes);
    EXPECT_EQ(info.processes->size(), 1U);
    EXPECT_TRUE(info.processes_incomplete);
    // TIME-WAIT and orphans have no inode, hence no owner, whatever we may see.
    info = with_owners(some_forbidden, 0);
    ASSERT_TRUE(info.processes);
    EXPECT_TRUE(info.processes->empty());
    EXPECT_FALSE(info.processes_incomplete);
}

TEST(Owners, FromACopyOfProc)
{
    const ProcRoot root;
    root.write("12/comm", "copied\n");
    root.write("not-a-process/comm", "x\n");
    root.link("12/fd/3", "socket:[4711]");
    root.link("12/fd/4", "socket:[4712]");
    root.link("12/fd/5", "pipe:[4711]");
    root.link("13/fd/9", "socket:[4711]"); // ended before its name was read
    root.make_directory("14");             // ended before its descriptors were
    const auto owners = find_owners({4711}, root.path());
    ASSERT_TRUE(owners) << describe_error(owners.error());
    EXPECT_EQ(owners->unreadable(), 0U);
    EXPECT_EQ(with_owners(*owners, 4711).processes,
              (std::vector<SocketOwner>{{12, 3, "copied"}, {13, 9, ""}}));
}

TEST(Owners, OfTheOtherEndOfAUnixSocket)
{
    const OwnerMap owners({{7, 1, 2}, {8, 3, 4}}, {{1, 1, "client"}, {3, 3, "server"}}, 0);
    SocketInfo info;
    info.inode = 7;
    info.peer_inode = 8;
    owners.assign_to(info);
    EXPECT_EQ(info.processes, (std::vector<SocketOwner>{{1, 2, "client"}}));
    EXPECT_EQ(info.peer_processes, (std::vector<SocketOwner>{{3, 4, "server"}}));
}

TEST(Owners, ForbiddenProcessesAreCounted)
{
    if (::geteuid() == 0 && ::access("/proc/self/uid_map", R_OK) == 0) {
        // Privileged users may look everywhere: ask as somebody else, in a child.
        const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
        const auto inode = inode_of(socket);
        const pid_t child = ::fork();
        if (child == 0) {
            if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0)
                ::_exit(2);
            const auto owners = find_owners({inode}, "/proc");
            ::_exit(owners && owners->unreadable() > 0 ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        if (WEXITSTATUS(status) == 2)
            GTEST_SKIP() << "this user namespace maps no other user";
        EXPECT_EQ(WEXITSTATUS(status), 0);
        return;
    }
    const auto owners = find_owners({1}, "/proc");
    ASSERT_TRUE(owners);
    EXPECT_GT(owners->unreadable(), 0U);
}

/// A thread that opens a socket in descriptors of its own and tells its inode.
class PrivateThread {
public:
    PrivateThread()
        : m_thread([this] {
              EXPECT_EQ(::unshare(CLONE_FILES), 0);
              const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
              m_tid = ::gettid();
              m_inode = inode_of(socket);
              m_ready.release();
              m_end.acquire();
          })
    {
        m_ready.acquire();
    }
    PrivateThread(const PrivateThread&) = delete;
    PrivateThread& operator=(const PrivateThread&) = delete;
    ~PrivateThread() { m_end.release(); }

    [[nodiscard]] std::uint64_t inode() const { return m_inode; }
    [[nodiscard]] pid_t tid() const { return m_tid; }

private:
    std::uint64_t m_inode = 0;
    pid_t m_tid = 0;
    std::binary_semaphore m_ready{0};
    std::binary_semaphore m_end{0};
    std::jthread m_thread;
};

TEST(Owners, ThreadsWithDescriptorsOfTheirOwn)
{
    const PrivateThread thread;
    const auto owners = find_owners({thread.inode()}, "/proc");
    ASSERT_TRUE(owners);
    const auto owner = owned_by(with_owners(*owners, thread.inode()), ::getpid());
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->tid, thread.tid());
}

TEST(Owners, EachThreadWhereThreadsAreAskedFor)
{
    const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
    const PrivateThread other;
    std::binary_semaphore end{0};
    std::atomic<pid_t> tid = 0;
    const std::jthread sharing([&] {
        tid = ::gettid();
        tid.notify_one();
        end.acquire();
    });
    tid.wait(0);
    const auto owners = find_owners({inode_of(socket)}, "/proc", true);
    const auto processes_only = find_owners({inode_of(socket)}, "/proc");
    end.release();
    ASSERT_TRUE(owners && processes_only);
    const auto info = with_owners(*owners, inode_of(socket));
    ASSERT_TRUE(info.processes);
    ASSERT_GE(info.processes->size(),
              3U); // the private one copied it; those that look are threads, too
    EXPECT_FALSE((*info.processes)[0].tid);
    std::set<std::int32_t> threads;
    for (const auto& owner : *info.processes)
        threads.insert(owner.tid.value_or(0));
    EXPECT_TRUE(threads.contains(tid));
    EXPECT_TRUE(threads.contains(other.tid()));
    EXPECT_EQ(with_owners(*processes_only, inode_of(socket)).processes->size(), 1U);
}

TEST(InodeSet, HoldsThousandsAndNoZero)
{
    InodeSet set{0};
    EXPECT_EQ(set.size(), 0U);
    EXPECT_FALSE(set.contains(0));
    EXPECT_FALSE(set.contains(7));
    constexpr std::uint64_t many = 10'000;
    for (std::uint64_t inode = 1; inode <= many; ++inode) {
        set.insert(inode << 20U);
        set.insert(inode << 20U);
    }
    EXPECT_EQ(set.size(), many);
    for (std::uint64_t inode = 1; inode <= many; ++inode)
        EXPECT_TRUE(set.contains(inode << 20U) && !set.contains((inode << 20U) + 1));
    EXPECT_FALSE(set.contains(0));
}

TEST(Owners, NoProcIsAnError)
{
    const auto owners = find_owners({1}, "/nonexistent");
    ASSERT_FALSE(owners);
    EXPECT_EQ(code_name(owners.error()), "ENOENT");
    EXPECT_EQ(owners.error().subject, "/nonexistent");
}

TEST(Owners, ProcessesThatComeAndGoAreNoError)
{
    std::atomic<bool> stop = false;
    std::jthread churn([&] {
        while (!stop) {
            const pid_t child = ::fork();
            if (child == 0)
                ::_exit(0);
            ::waitpid(child, nullptr, 0);
        }
    });
    const auto socket = bound_socket(AF_INET, SOCK_DGRAM);
    for (int i = 0; i < 20; ++i) {
        const auto owners = find_owners({inode_of(socket)}, "/proc");
        ASSERT_TRUE(owners) << describe_error(owners.error());
        ASSERT_TRUE(owned_by(with_owners(*owners, inode_of(socket)), ::getpid()));
    }
    stop = true;
}

TEST(SocketInode, OnlyTheWholeLink)
{
    EXPECT_EQ(socket_inode("socket:[4711]"), 4711U);
    for (const char* link :
         {"", "socket:[", "socket:[]", "socket:[4711", "socket:[4711x]", "socket:[-1]",
          "pipe:[4711]", "/tmp/socket:[4711]", "socket:[99999999999999999999]"})
        EXPECT_EQ(socket_inode(link), 0U) << link;
}

} // namespace
} // namespace sockit::test::THIS_FILE
