#pragma once

#include <string>
#include <vector>

namespace sockit {

struct KernelFeature {
    std::string name;
    bool present;
};

/// What the running kernel offers this process, found by asking it: netlink socket diagnostics,
/// pidfd_getfd(2), IPv6, MPTCP, vsock, and the parts of the sandbox.
std::vector<KernelFeature> kernel_features();

} // namespace sockit
