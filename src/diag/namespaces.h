#pragma once

#include "base/result.h"
#include "sock/socket_info.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// A network namespace that was found.
struct FoundNetns {
    NetnsTag tag;
    std::string path; ///< to open it by
    bool own = false; ///< the one we are in
};

struct NetnsList {
    std::vector<FoundNetns> spaces; ///< each once; our own first, then by the process:
                                    ///< the lowest, and not ours where there is another
    std::uint64_t hidden = 0;       ///< processes whose namespace may not be seen
};

/// The network namespaces that processes live in or ip-netns(8) has given a name. One that is kept
/// by a descriptor or a mount elsewhere alone is not found.
Result<NetnsList> find_namespaces();

/// What the namespace of a process seems to belong to, from its /proc/PID/cgroup: "docker-0a1b2c…"
/// (ids are cut at 12 digits), "lxc.payload.web", "ssh"; empty for the root group.
std::string cgroup_hint(std::string_view cgroup_file);

} // namespace sockit
