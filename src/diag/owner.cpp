#include "diag/owner.h"

#include "base/fd.h"
#include "diag/process_walk.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace sockit {

namespace {

constexpr unsigned most_threads = 4;
/// Below so many processes, or so many sockets to look for in a few big ones, a thread costs more
/// than it saves.
constexpr std::size_t processes_per_thread = 64;
constexpr std::size_t inodes_per_thread = 2048;

bool by_inode_task_fd(const OwnedInode& a, const OwnedInode& b)
{
    return std::tie(a.inode, a.task, a.fd) < std::tie(b.inode, b.task, b.fd);
}

/// One look at every process, shared by a few threads.
class Walk {
public:
    Walk(FdRef proc, std::vector<std::int32_t> pids, const InodeSet& inodes)
        : m_proc(proc), m_pids(std::move(pids)), m_inodes(inodes), m_forbidden(m_pids.size())
    {
        m_owned.reserve(inodes.size()); // most sockets are held once
    }

    /// Calls `scan(pid, owned, tasks)` for each process that was not found forbidden before.
    template <class Scan>
    void run(const Scan& scan)
    {
        m_next = 0;
        const auto share = [&] {
            std::vector<OwnedInode> owned;
            std::vector<Task> tasks;
            for (auto i = m_next++; i < m_pids.size(); i = m_next++) {
                if (m_forbidden[i] != 0)
                    continue;
                owned.clear();
                tasks.clear();
                const auto scanned = scan(m_pids[i], owned, tasks);
                const std::scoped_lock lock(m_mutex);
                if (!scanned && !m_failure)
                    m_failure = scanned.error();
                if (m_failure)
                    return;
                m_forbidden[i] = *scanned == ProcessScan::NotPermitted ? 1 : 0;
                m_unreadable += m_forbidden[i];
                m_owned.insert(m_owned.end(), owned.begin(), owned.end());
                std::ranges::move(tasks, std::back_inserter(m_tasks));
            }
        };
        const auto cores = std::clamp(std::thread::hardware_concurrency(), 1U, most_threads);
        const auto work =
            std::max(m_pids.size() / processes_per_thread, m_inodes.size() / inodes_per_thread);
        const auto wanted = std::clamp<std::size_t>(work, 1, cores);
        std::vector<std::jthread> others;
        while (others.size() + 1 < wanted) {
            try {
                others.emplace_back(share);
            } catch (const std::system_error&) {
                break; // out of threads: those that run take the whole list
            }
        }
        share();
    }

    void scan_processes()
    {
        run([&](std::int32_t pid, auto& owned, auto& tasks) {
            return scan_process(m_proc, pid, m_inodes, owned, tasks);
        });
    }

    void scan_all_threads()
    {
        run([&](std::int32_t pid, auto& owned, auto& tasks) {
            return scan_threads(m_proc, pid, Threads::All, m_inodes, owned, tasks);
        });
    }

    /// Looks for what no process has with the threads.
    void scan_threads_for_the_rest(Threads which)
    {
        std::ranges::sort(m_owned, by_inode_task_fd);
        InodeSet missing;
        m_inodes.for_each([&](std::uint64_t inode) {
            if (!std::ranges::binary_search(m_owned, inode, {}, &OwnedInode::inode))
                missing.insert(inode);
        });
        if (missing.size() == 0)
            return;
        run([&](std::int32_t pid, auto& owned, auto& tasks) {
            return scan_threads(m_proc, pid, which, missing, owned, tasks);
        });
    }

    [[nodiscard]] bool failed() const { return m_failure.has_value(); }

    Result<OwnerMap> result()
    {
        if (m_failure)
            return Failure(std::move(*m_failure));
        return OwnerMap(std::move(m_owned), std::move(m_tasks), m_unreadable);
    }

    void add_unreadable() { ++m_unreadable; }

private:
    FdRef m_proc;
    std::vector<std::int32_t> m_pids;
    const InodeSet& m_inodes;
    std::vector<unsigned char> m_forbidden; ///< by process, as in m_pids
    std::atomic<std::size_t> m_next = 0;
    std::mutex m_mutex; ///< for what follows
    std::vector<OwnedInode> m_owned;
    std::vector<Task> m_tasks;
    std::uint64_t m_unreadable = 0;
    std::optional<Error> m_failure;
};

/// Whether the mount hides processes of other users (hidepid=, proc(5)): process 1 always exists.
bool hides_processes(FdRef proc, const std::vector<std::int32_t>& pids)
{
    struct statfs filesystem{};
    return ::fstatfs(proc.value, &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC &&
           std::ranges::find(pids, 1) == pids.end();
}

} // namespace

OwnerMap::OwnerMap(std::vector<OwnedInode> owned, std::vector<Task> tasks, std::uint64_t unreadable)
    : m_owned(std::move(owned)), m_tasks(std::move(tasks)), m_unreadable(unreadable)
{
    if (!std::ranges::is_sorted(m_owned, by_inode_task_fd))
        std::ranges::sort(m_owned, by_inode_task_fd);
    std::ranges::sort(m_tasks, {}, &Task::id);
}

void OwnerMap::assign_to(SocketInfo& info) const
{
    const auto inode = info.inode.value_or(0);
    info.processes_asked = true;
    info.processes = owners_of(inode);
    info.processes_incomplete = !all_known(inode);
    if (info.peer_inode.value_or(0) != 0)
        info.peer_processes = owners_of(*info.peer_inode);
}

bool OwnerMap::all_known(std::uint64_t inode) const { return m_unreadable == 0 || inode == 0; }

std::optional<std::vector<SocketOwner>> OwnerMap::owners_of(std::uint64_t inode) const
{
    auto entry = std::ranges::lower_bound(m_owned, inode, {}, &OwnedInode::inode);
    std::vector<SocketOwner> owners;
    for (; entry != m_owned.end() && entry->inode == inode; ++entry) {
        const auto& task = *std::ranges::lower_bound(m_tasks, entry->task, {}, &Task::id);
        owners.push_back({.pid = task.pid, .fd = entry->fd, .comm = task.comm, .tid = {}});
        if (task.id != task.pid)
            owners.back().tid = task.id;
    }
    if (owners.empty() && !all_known(inode))
        return std::nullopt;
    // Task ids wrap around: a thread's may be lower than its process's.
    std::ranges::sort(owners, {}, [](const SocketOwner& owner) {
        return std::tie(owner.pid, owner.tid, owner.fd);
    });
    return owners;
}

Result<OwnerMap> find_owners(const InodeSet& inodes, const std::string& proc_root, bool threads)
{
    const Fd proc(::open(proc_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc.valid())
        return Failure(Error::from_errno(Phase::Receive, "open", proc_root, errno));
    auto pids = TRY(list_processes(proc.ref()));
    const bool hidden = hides_processes(proc.ref(), pids);
    Walk walk(proc.ref(), std::move(pids), inodes);
    if (hidden)
        walk.add_unreadable();
    walk.scan_processes();
    if (threads && !walk.failed())
        walk.scan_all_threads();
    else if (!walk.failed()) // a copy's process ids mean nothing here
        walk.scan_threads_for_the_rest(proc_root == "/proc" ? Threads::Private : Threads::All);
    return walk.result();
}

} // namespace sockit
