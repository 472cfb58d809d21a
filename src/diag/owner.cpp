#include "diag/owner.h"

#include "base/fd.h"
#include "diag/process_walk.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace sockit {

namespace {

constexpr unsigned most_threads = 4;
/// Below this many processes a thread costs more than it saves.
constexpr std::size_t processes_per_thread = 64;

/// What one thread found.
struct Findings {
    std::vector<OwnedInode> owned;
    std::uint64_t unreadable = 0;
    std::optional<Error> failure;
};

/// Takes the next process of the list until it is empty.
void scan_share(FdRef proc, const std::vector<std::int32_t>& pids, std::atomic<std::size_t>& next,
                const std::vector<std::uint64_t>& inodes, Findings& findings)
{
    for (auto i = next++; i < pids.size() && !findings.failure; i = next++) {
        const auto scanned = scan_process(proc, pids[i], inodes, findings.owned);
        if (!scanned)
            findings.failure = scanned.error();
        else if (*scanned == ProcessScan::NotPermitted)
            ++findings.unreadable;
    }
}

/// Whether the mount hides processes of other users (hidepid=, proc(5)): process 1 always exists.
bool hides_processes(FdRef proc, const std::vector<std::int32_t>& pids)
{
    struct statfs filesystem{};
    return ::fstatfs(proc.value, &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC &&
           std::ranges::find(pids, 1) == pids.end();
}

bool by_inode_pid_fd(const OwnedInode& a, const OwnedInode& b)
{
    return std::tie(a.inode, a.owner.pid, a.owner.fd) < std::tie(b.inode, b.owner.pid, b.owner.fd);
}

} // namespace

OwnerMap::OwnerMap(std::vector<OwnedInode> owned, std::uint64_t unreadable)
    : m_owned(std::move(owned)), m_unreadable(unreadable)
{
    std::ranges::sort(m_owned, by_inode_pid_fd);
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
    const auto held = std::ranges::equal_range(m_owned, inode, {}, &OwnedInode::inode);
    if (held.empty() && !all_known(inode))
        return std::nullopt;
    std::vector<SocketOwner> owners;
    for (const auto& entry : held)
        owners.push_back(entry.owner);
    return owners;
}

Result<OwnerMap> find_owners(std::vector<std::uint64_t> inodes, const std::string& proc_root)
{
    std::erase(inodes, 0U);
    std::ranges::sort(inodes);
    const Fd proc(::open(proc_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc.valid())
        return Failure(Error::from_errno(Phase::Receive, "open", proc_root, errno));
    const auto pids = TRY(list_processes(proc.ref()));

    const auto cores = std::clamp(std::thread::hardware_concurrency(), 1U, most_threads);
    const auto wanted = std::clamp<std::size_t>(pids.size() / processes_per_thread, 1, cores);
    std::atomic<std::size_t> next = 0;
    std::vector<Findings> findings(wanted);
    {
        std::vector<std::jthread> threads;
        const auto scan = [&](std::size_t share) {
            scan_share(proc.ref(), pids, next, inodes, findings[share]);
        };
        for (std::size_t share = 1; share < wanted; ++share) {
            try {
                threads.emplace_back(scan, share);
            } catch (const std::system_error&) {
                break; // out of threads: those that run take the whole list
            }
        }
        scan(0);
    }

    std::vector<OwnedInode> owned;
    std::uint64_t unreadable = hides_processes(proc.ref(), pids) ? 1 : 0;
    for (auto& share : findings) {
        if (share.failure)
            return Failure(std::move(*share.failure));
        std::ranges::move(share.owned, std::back_inserter(owned));
        unreadable += share.unreadable;
    }
    return OwnerMap(std::move(owned), unreadable);
}

} // namespace sockit
