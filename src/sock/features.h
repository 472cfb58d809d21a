#pragma once

#include <string_view>
#include <vector>

namespace sockit {

struct KernelFeature {
    std::string_view name;
    bool present;
};

/// What the running kernel offers this process, found by asking it: netlink socket diagnostics,
/// pidfd_getfd(2), IPv6, MPTCP, vsock.
std::vector<KernelFeature> kernel_features();

} // namespace sockit
