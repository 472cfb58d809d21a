#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "diag/cgroup_names.h"
#include "diag/recent_cookies.h"
#include "diag/socket_query.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sockit {

/// Sockets of the current network namespace over NETLINK_SOCK_DIAG (sock_diag(7)).
class SockDiag {
public:
    /// Visits each socket as the kernel sends it, decoded into `info`, which is reused for the next
    /// one. Returns how many messages could not be read.
    /// Domain::Unsupported where this kernel cannot list such sockets this way: no sock_diag, or
    /// (ENOENT) none for the family or protocol; nothing has been visited then.
    Result<std::uint64_t> dump(const SocketQuery& query, SocketInfo& info,
                               const SocketVisitor& visit);

private:
    /// query.exact: false when it is not found and a dump may still have it.
    bool look_up(FdRef netlink, const SocketQuery& query, SocketInfo& info,
                 const SocketVisitor& visit);

    CgroupNames m_cgroups;
};

/// The state of one dump, apart from the descriptor it is read from.
struct DumpProgress {
    std::uint32_t sequence = 0; ///< messages of other requests are skipped
    bool done = false;
    std::uint64_t unreadable = 0;
    RecentCookies recent; ///< of TCP
};

/// Takes one datagram of the answer: visits its sockets and notes its end in `progress`. An error
/// is the one that the kernel sent (NLMSG_ERROR, NLMSG_DONE).
Result<> read_datagram(std::span<const std::byte> datagram, const SocketQuery& query,
                       CgroupNames& cgroups, SocketInfo& info, const SocketVisitor& visit,
                       DumpProgress& progress);

} // namespace sockit
