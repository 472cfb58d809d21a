#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "diag/cgroup_names.h"
#include "diag/socket_query.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sockit {

/// TCP and UDP sockets of this network namespace, told by the kernel when it destroys them
/// (multicast groups SKNLGRP_* of sock_diag(7)).
class DestroyEvents {
public:
    struct Groups {
        bool tcp = true;
        bool udp = true;
        bool v4 = true;
        bool v6 = true;
    };

    /// From here on the kernel keeps them for us. Errors: EPERM, Domain::Unsupported.
    static Result<DestroyEvents> open(const Groups& groups);

    /// Readable when there is something to take.
    [[nodiscard]] FdRef ref() const { return m_netlink.ref(); }

    struct Taken {
        bool overflow = false; ///< more came than the kernel could keep: some are lost
        std::uint64_t unreadable = 0;
    };
    /// Visits what has come, decoded into `info`, which is reused for each, without waiting for
    /// more. tcp_info is that of the end; queues, uid and inode are not known any more.
    Result<Taken> take(SocketInfo& info, const SocketVisitor& visit);

private:
    explicit DestroyEvents(Fd netlink);
    bool visit_datagram(std::span<const std::byte> datagram, SocketInfo& info,
                        const SocketVisitor& visit, Taken& taken);

    Fd m_netlink;
    std::vector<std::byte> m_buffer;
    CgroupNames m_cgroups;
};

} // namespace sockit
