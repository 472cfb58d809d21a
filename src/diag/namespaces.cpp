#include "diag/namespaces.h"

#include "base/fd.h"
#include "diag/process_walk.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace sockit {

namespace {

constexpr const char* named_namespaces = "/run/netns"; // ip-netns(8)

bool is_netns_hidden(int reason) { return reason == EACCES || reason == EPERM; }

std::uint64_t inode_of_path(FdRef directory, const std::string& path)
{
    struct stat status{};
    return ::fstatat(directory.value, path.c_str(), &status, 0) == 0 ? status.st_ino : 0;
}

using ByInode = std::map<std::uint64_t, FoundNetns>;

FoundNetns& entry_for(ByInode& found, std::uint64_t inode)
{
    auto& space = found[inode];
    space.tag.inode = inode;
    return space;
}

void add_named(ByInode& found)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry(named_namespaces, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto& path = entry->path().native();
        struct statfs filesystem{};
        // A name without its mount is left over.
        if (::statfs(path.c_str(), &filesystem) != 0 || filesystem.f_type != NSFS_MAGIC)
            continue;
        const auto inode = inode_of_path({AT_FDCWD}, path);
        if (inode == 0)
            continue;
        auto& space = entry_for(found, inode);
        space.tag.name = entry->path().filename().native();
        space.path = path;
    }
}

std::string hint_for(std::int32_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/cgroup");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return cgroup_hint(text);
}

bool is_hexadecimal(std::string_view text)
{
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The path of the unified hierarchy, or of systemd's, or of the first.
std::string_view cgroup_path(std::string_view file)
{
    std::string_view chosen;
    while (!file.empty()) {
        const auto line = file.substr(0, file.find('\n'));
        file.remove_prefix(std::min(line.size() + 1, file.size()));
        const auto second = line.find(':', line.find(':') + 1);
        if (second == std::string_view::npos)
            continue;
        const auto path = line.substr(second + 1);
        const bool best = line.starts_with("0::") && path != "/";
        if (best || line.find(":name=systemd:") != std::string_view::npos || chosen.empty())
            chosen = path;
        if (best)
            break;
    }
    return chosen;
}

} // namespace

std::string cgroup_hint(std::string_view cgroup_file)
{
    constexpr std::size_t id_digits = 64;
    constexpr std::size_t shown_digits = 12;
    const auto path = cgroup_path(cgroup_file);
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == path.size())
        return {};
    auto last = path.substr(slash + 1);
    for (const std::string_view suffix : {".scope", ".service", ".slice"})
        if (last.ends_with(suffix))
            last.remove_suffix(suffix.size());
    if (last.size() < id_digits || !is_hexadecimal(last.substr(last.size() - id_digits)))
        return std::string(last);
    const auto id = last.substr(last.size() - id_digits, shown_digits);
    const auto before = last.substr(0, last.size() - id_digits);
    if (!before.empty())
        return std::string(before) + std::string(id);
    const auto parents = path.substr(0, slash);
    const auto parent = parents.substr(parents.rfind('/') + 1);
    return std::string(parent) + (parent.empty() ? "" : "-") + std::string(id);
}

Result<NetnsList> find_namespaces()
{
    const Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc.valid())
        return Failure(Error::from_errno(Phase::Receive, "open", "/proc", errno));
    ByInode found;
    NetnsList list;
    add_named(found);
    auto pids = TRY(list_processes(proc.ref()));
    // A namespace is told by its lowest process; by us, who end soon, only if it has no other.
    const auto self = own_process(proc.ref());
    std::ranges::sort(pids, {}, [self](std::int32_t pid) { return std::pair(pid == self, pid); });
    for (const auto pid : pids) {
        const auto path = std::to_string(pid) + "/ns/net";
        const auto inode = inode_of_path(proc.ref(), path);
        if (inode == 0) {
            list.hidden += is_netns_hidden(errno) ? 1 : 0;
            continue;
        }
        auto& space = entry_for(found, inode);
        if (space.tag.pid != 0)
            continue;
        space.tag.pid = pid;
        space.path = "/proc/" + path;
        // That of the first process is the machine's, whatever that process is called.
        if (space.tag.name.empty() && pid != 1)
            space.tag.name = hint_for(pid);
    }
    const auto own = inode_of_path(proc.ref(), "thread-self/ns/net");
    for (auto& [inode, space] : found) {
        space.own = inode == own;
        list.spaces.push_back(std::move(space));
    }
    std::ranges::sort(list.spaces, [](const FoundNetns& a, const FoundNetns& b) {
        const auto rank = [](const FoundNetns& space) {
            return std::tuple(!space.own, space.tag.pid == 0, space.tag.pid, space.tag.name);
        };
        return rank(a) < rank(b);
    });
    return list;
}

} // namespace sockit
