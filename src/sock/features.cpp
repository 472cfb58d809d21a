#include "sock/features.h"

#include "base/fd.h"
#include "sock/sandbox.h"
#include "sock/target.h"

#include <cerrno>
#include <string>

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sockit {

namespace {

bool opens(int family, int type, int protocol)
{
    return Fd(::socket(family, type | SOCK_CLOEXEC, protocol)).valid();
}

/// A kernel without the call says ENOSYS; one that has it says EBADF to descriptors that are none.
bool has_pidfd_getfd() { return ::syscall(SYS_pidfd_getfd, -1, -1, 0U) < 0 && errno != ENOSYS; }

} // namespace

std::vector<KernelFeature> kernel_features()
{
    std::vector<KernelFeature> features{
        {"netlink-diag", opens(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)},
        {"pidfd_getfd", has_pidfd_getfd()},
        {"ipv6", opens(AF_INET6, SOCK_STREAM, 0)},
        {"mptcp", opens(AF_INET, SOCK_STREAM, socket_protocol(Transport::Mptcp))},
        {"vsock", opens(AF_VSOCK, SOCK_STREAM, 0)},
    };
    for (const auto& part : sandbox_parts())
        features.push_back({"sandbox-" + std::string(part.name), part.present});
    return features;
}

} // namespace sockit
