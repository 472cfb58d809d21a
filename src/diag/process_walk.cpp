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
#include <linux/kcmp.h>
#include <sys/stat.h>
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

/// What a failed call on a process's directory means for the scan.
Result<ProcessScan> after_failure(std::string_view call, const std::string& subject, int reason)
{
    if (not_permitted(reason))
        return ProcessScan::NotPermitted;
    if (has_ended(reason))
        return ProcessScan::Done;
    return failure(call, subject, reason);
}

/// kcmp(2). Where that may not be asked, we look for ourselves.
bool shares_descriptors(std::int32_t pid, std::int32_t thread)
{
    return ::syscall(SYS_kcmp, pid, thread, KCMP_FILES, 0, 0) == 0;
}

/// `directory` is the task's own below `proc`.
Result<ProcessScan> scan_task(FdRef proc, const std::string& directory, Task task,
                              const InodeSet& inodes, std::vector<OwnedInode>& found,
                              std::vector<Task>& tasks)
{
    const Fd list(
        ::openat(proc.value, (directory + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!list.valid())
        return after_failure("open", "/proc/" + directory + "/fd", errno);
    const std::size_t before = found.size();
    bool forbidden = false;
    const int failed = for_each_number(list.ref(), [&](std::int32_t fd) {
        std::array<char, 64> path;
        *std::to_chars(path.data(), path.data() + path.size() - 1, fd).ptr = '\0';
        std::array<char, 64> link;
        const auto length = ::readlinkat(list.get(), path.data(), link.data(), link.size());
        if (length < 0) {
            forbidden = forbidden || not_permitted(errno);
            return;
        }
        const auto inode = socket_inode({link.data(), static_cast<std::size_t>(length)});
        if (inodes.contains(inode))
            found.push_back({inode, task.id, fd});
    });
    if (found.size() > before) {
        task.comm = read_comm(proc, directory);
        tasks.push_back(std::move(task));
    }
    if (failed != 0)
        return after_failure("getdents64", "/proc/" + directory + "/fd", failed);
    return forbidden ? ProcessScan::NotPermitted : ProcessScan::Done;
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

std::int32_t own_process(FdRef proc)
{
    std::array<char, 16> link{};
    const auto length = ::readlinkat(proc.value, "self", link.data(), link.size());
    return length <= 0 ? 0 : number({link.data(), static_cast<std::size_t>(length)}).value_or(0);
}

Result<ProcessScan> scan_process(FdRef proc, std::int32_t pid, const InodeSet& inodes,
                                 std::vector<OwnedInode>& found, std::vector<Task>& tasks)
{
    return scan_task(proc, std::to_string(pid), {pid, pid, {}}, inodes, found, tasks);
}

Result<ProcessScan> scan_threads(FdRef proc, std::int32_t pid, Threads which,
                                 const InodeSet& inodes, std::vector<OwnedInode>& found,
                                 std::vector<Task>& tasks)
{
    const std::string directory = std::to_string(pid) + "/task";
    struct stat status{};
    // A link from each thread, one from the process and one of its own.
    constexpr nlink_t links_of_one = 3;
    if (::fstatat(proc.value, directory.c_str(), &status, 0) == 0 &&
        status.st_nlink == links_of_one)
        return ProcessScan::Done;
    const Fd list(::openat(proc.value, directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!list.valid())
        return after_failure("open", "/proc/" + directory, errno);
    std::vector<std::int32_t> threads;
    const int failed = for_each_number(list.ref(), [&](std::int32_t thread) {
        if (thread != pid && (which == Threads::All || !shares_descriptors(pid, thread)))
            threads.push_back(thread);
    });
    if (failed != 0)
        return after_failure("getdents64", "/proc/" + directory, failed);
    auto result = ProcessScan::Done;
    for (const auto thread : threads) {
        const auto scanned = TRY(scan_task(proc, directory + "/" + std::to_string(thread),
                                           {thread, pid, {}}, inodes, found, tasks));
        if (scanned == ProcessScan::NotPermitted)
            result = scanned;
    }
    return result;
}

} // namespace sockit
