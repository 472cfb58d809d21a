#pragma once

#include "base/result.h"
#include "diag/inode_set.h"
#include "sock/socket_info.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// A descriptor of a socket: small, since there can be a million of them.
struct OwnedInode {
    std::uint64_t inode = 0;
    std::int32_t task = 0; ///< Task::id
    std::int32_t fd = 0;

    bool operator==(const OwnedInode&) const = default;
};

/// A process, or one of its other threads.
struct Task {
    std::int32_t id = 0;  ///< of the thread; that of a process's first thread is the process's
    std::int32_t pid = 0; ///< the process
    std::string comm;

    bool operator==(const Task&) const = default;
};

/// Which processes hold which sockets, as far as we may look.
class OwnerMap {
public:
    OwnerMap() = default;
    OwnerMap(std::vector<OwnedInode> owned, std::vector<Task> tasks, std::uint64_t unreadable);

    /// Sets `processes` (by pid, thread and fd; empty: nobody holds it), `processes_incomplete`
    /// and, for a unix socket with a peer, `peer_processes`. Where nobody was found and some could
    /// not be looked into, the owners stay unknown.
    void assign_to(SocketInfo& info) const;
    /// Processes whose descriptors we may not see, or that are hidden as a whole.
    [[nodiscard]] std::uint64_t unreadable() const { return m_unreadable; }

private:
    /// Without an inode a socket belongs to the kernel alone (TIME-WAIT, orphans).
    [[nodiscard]] bool all_known(std::uint64_t inode) const;
    [[nodiscard]] std::optional<std::vector<SocketOwner>> owners_of(std::uint64_t inode) const;

    std::vector<OwnedInode> m_owned; ///< by inode, task, fd
    std::vector<Task> m_tasks;       ///< by id
    std::uint64_t m_unreadable = 0;
};

/// Looks for descriptors of the sockets with these inodes in `proc_root`/PID/fd, on a few threads.
/// With `threads` every thread of a process is an owner of its own; otherwise only those are looked
/// at that do not share the descriptors of their process, and only for sockets that no process has.
/// A process that ends meanwhile is no error. An error (out of descriptors, no /proc) means that
/// nothing is known.
Result<OwnerMap> find_owners(const InodeSet& inodes, const std::string& proc_root,
                             bool threads = false);

} // namespace sockit
