#pragma once

#include "base/result.h"
#include "sock/socket_info.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

struct OwnedInode {
    std::uint64_t inode = 0;
    SocketOwner owner;
};

/// Which processes hold which sockets, as far as we may look.
class OwnerMap {
public:
    OwnerMap() = default;
    OwnerMap(std::vector<OwnedInode> owned, std::uint64_t unreadable);

    /// Sets `processes` (by pid and fd; empty: nobody holds it), `processes_incomplete` and, for a
    /// unix socket with a peer, `peer_processes`. Where nobody was found and some could not be
    /// looked into, the owners stay unknown.
    void assign_to(SocketInfo& info) const;
    /// Processes whose descriptors we may not see, or that are hidden as a whole.
    [[nodiscard]] std::uint64_t unreadable() const { return m_unreadable; }

private:
    /// Without an inode a socket belongs to the kernel alone (TIME-WAIT, orphans).
    [[nodiscard]] bool all_known(std::uint64_t inode) const;
    [[nodiscard]] std::optional<std::vector<SocketOwner>> owners_of(std::uint64_t inode) const;

    std::vector<OwnedInode> m_owned; ///< by inode, pid, fd
    std::uint64_t m_unreadable = 0;
};

/// Looks for descriptors of the sockets with these inodes in `proc_root`/PID/fd, on a few threads.
/// A process that ends meanwhile is no error. An error (out of descriptors, no /proc) means that
/// nothing is known.
Result<OwnerMap> find_owners(std::vector<std::uint64_t> inodes, const std::string& proc_root);

} // namespace sockit
