#include "diag/process_walk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sockit {

namespace {

bool not_permitted(int errno_value) { return errno_value == EACCES || errno_value == EPERM; }

bool has_ended(int errno_value) { return errno_value == ENOENT || errno_value == ESRCH; }

Failure failure(std::string_view call, std::string_view subject, int errno_value)
{
    return Failure(Error::from_errno(Phase::Receive, call, subject, errno_value));
}

/// A whole decimal number; directories in /proc have other names, too.
std::optional<std::int32_t> number(std::string_view text)
{
    std::int32_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

/// Visits the numeric names in a directory. Returns an errno value, 0 at its end. Without a DIR
/// object: one system call and no allocation for most processes.
template <class Visit>
int for_each_number(FdRef directory, Visit visit)
{
    alignas(dirent64) std::array<char, 16 * 1024> buffer;
    while (true) {
        const auto length =
            ::syscall(SYS_getdents64, directory.value, buffer.data(), buffer.size());
        if (length < 0)
            return errno;
        if (length == 0)
            return 0;
        for (long at = 0; at < length;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
            if (const auto found = number(entry->d_name))
                visit(*found);
            at += entry->d_reclen;
        }
    }
}

} // namespace

std::string read_comm(FdRef proc, const std::string& pid)
{
    const Fd file(::openat(proc.value, (pid + "/comm").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 256> buffer;
    const auto length = file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
    std::string comm(buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    if (comm.ends_with('\n'))
        comm.pop_back();
    return comm;
}

std::uint64_t socket_inode(std::string_view link)
{
    constexpr std::string_view prefix = "socket:[";
    if (!link.starts_with(prefix) || !link.ends_with(']'))
        return 0;
    const auto digits = link.substr(prefix.size(), link.size() - prefix.size() - 1);
    std::uint64_t inode = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), inode);
    return failed == std::errc() && end == digits.data() + digits.size() ? inode : 0;
}

Result<std::vector<std::int32_t>> list_processes(FdRef proc)
{
    std::vector<std::int32_t> pids;
    if (const int failed = for_each_number(proc, [&](std::int32_t pid) { pids.push_back(pid); }))
        return failure("getdents64", "/proc", failed);
    return pids;
}

Result<ProcessScan> scan_process(FdRef proc, std::int32_t pid,
                                 const std::vector<std::uint64_t>& inodes,
                                 std::vector<OwnedInode>& owned)
{
    const std::string name = std::to_string(pid);
    const Fd directory(
        ::openat(proc.value, (name + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) {
        if (not_permitted(errno))
            return ProcessScan::NotPermitted;
        return has_ended(errno) ? Result<ProcessScan>(ProcessScan::Done)
                                : failure("open", "/proc/" + name + "/fd", errno);
    }
    const std::size_t before = owned.size();
    bool forbidden = false;
    const int failed = for_each_number(directory.ref(), [&](std::int32_t fd) {
        std::array<char, 64> path;
        *std::to_chars(path.data(), path.data() + path.size() - 1, fd).ptr = '\0';
        std::array<char, 64> link;
        const auto length = ::readlinkat(directory.get(), path.data(), link.data(), link.size());
        if (length < 0) {
            forbidden = forbidden || not_permitted(errno);
            return;
        }
        const auto inode = socket_inode({link.data(), static_cast<std::size_t>(length)});
        if (inode != 0 && std::ranges::binary_search(inodes, inode))
            owned.push_back({inode, {pid, fd, {}}});
    });
    if (failed != 0 && !has_ended(failed) && !not_permitted(failed))
        return failure("getdents64", "/proc/" + name + "/fd", failed);
    if (owned.size() > before) {
        const auto comm = read_comm(proc, name);
        for (auto i = before; i < owned.size(); ++i)
            owned[i].owner.comm = comm;
    }
    return forbidden || not_permitted(failed) ? ProcessScan::NotPermitted : ProcessScan::Done;
}

} // namespace sockit
