#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/socket_info.h"

#include <cstdint>

namespace sockit {

/// Ends sockets of this network namespace, whoever holds them (SOCK_DESTROY of sock_diag(7)): calls
/// on them fail with ECONNABORTED, and a TCP peer gets a reset.
class SocketDestroyer {
public:
    static Result<SocketDestroyer> open();

    /// Whether there are kernels that destroy such sockets: TCP, UDP and raw ones.
    static bool may_destroy(const SocketInfo& info);
    /// Ends that very socket, told by its cookie. Errors: ENOENT (there is none any more, or the
    /// kernel finds another one at its addresses), EPERM without CAP_NET_ADMIN, EOPNOTSUPP (not in
    /// its state), Domain::Unsupported where the kernel destroys none at all.
    Result<> destroy(const SocketInfo& info);

private:
    explicit SocketDestroyer(Fd netlink) : m_netlink(std::move(netlink)) {}
    /// The kernel's answer as an errno value; 0 is success.
    Result<int> ask(const SocketInfo& info, std::uint64_t cookie, std::uint16_t peer_port);

    Fd m_netlink;
    std::uint32_t m_sequence = 0;
};

} // namespace sockit
