#include "diag/cgroup_names.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace sockit {

namespace {

/// Where the unified hierarchy is mounted: alone, or beside the old ones (cgroups(7)).
std::string find_root()
{
    for (const char* candidate : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs filesystem{};
        if (::statfs(candidate, &filesystem) == 0 && filesystem.f_type == CGROUP2_SUPER_MAGIC)
            return candidate;
    }
    return {};
}

std::string unreachable(std::uint64_t id)
{
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16).ptr;
    return "unreachable:" + std::string(digits.data(), end);
}

} // namespace

const std::string& CgroupNames::name_of(std::uint64_t id)
{
    if (!m_walked) {
        m_walked = true;
        if (const auto root = find_root(); !root.empty())
            walk(root);
    }
    const auto found = m_names.find(id);
    return found != m_names.end() ? found->second
                                  : m_names.emplace(id, unreachable(id)).first->second;
}

void CgroupNames::walk(const std::string& root)
{
    struct stat status{};
    if (::stat(root.c_str(), &status) == 0)
        m_names.emplace(status.st_ino, "/");
    std::error_code failure;
    std::filesystem::recursive_directory_iterator entry(
        root, std::filesystem::directory_options::skip_permission_denied, failure);
    // Groups come and go while we look; an error ends the walk with what was seen until then.
    while (!failure && entry != std::filesystem::recursive_directory_iterator()) {
        std::error_code gone;
        if (entry->is_directory(gone) && ::stat(entry->path().c_str(), &status) == 0)
            m_names.emplace(status.st_ino, entry->path().native().substr(root.size()));
        entry.increment(failure);
    }
}

Result<FoundCgroup> find_cgroup(const std::string& path)
{
    const auto root = find_root();
    const bool whole = path == root || path.starts_with(root + "/");
    const auto below = whole ? path.substr(root.size()) : path;
    struct stat status{};
    int reason = root.empty() ? ENOENT : 0;
    if (reason == 0 && ::stat((root + below).c_str(), &status) < 0)
        reason = errno;
    else if (reason == 0 && !S_ISDIR(status.st_mode))
        reason = ENOTDIR;
    if (reason != 0)
        return Failure(Error::from_errno(Phase::Receive, "filter", "cgroup " + path, reason));
    return FoundCgroup{.id = status.st_ino, .path = below.empty() ? "/" : below};
}

} // namespace sockit
