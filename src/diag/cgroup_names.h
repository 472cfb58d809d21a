#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace sockit {

/// Paths of control groups (v2) by their id, which is the inode of their directory on 64-bit
/// kernels (kernfs). Walks the hierarchy once, when the first id is asked for; needs no privilege.
class CgroupNames {
public:
    /// "/system.slice/x.service", relative to the mounted root; "unreachable:ID" (ID hexadecimal)
    /// as ss says it where the directory cannot be seen.
    const std::string& name_of(std::uint64_t id);

private:
    void walk(const std::string& root);

    bool m_walked = false;
    std::unordered_map<std::uint64_t, std::string> m_names;
};

struct FoundCgroup {
    std::uint64_t id = 0;
    std::string path; ///< as CgroupNames has it
};

/// The control group at `path`, which begins with a slash: below the mounted root, or the whole
/// path. ENOENT: no such group, or no hierarchy here; the subject is "cgroup PATH".
Result<FoundCgroup> find_cgroup(const std::string& path);

} // namespace sockit
