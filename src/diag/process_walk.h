#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "diag/owner.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

enum class ProcessScan : std::uint8_t {
    Done, ///< looked into, or the process has ended meanwhile
    NotPermitted,
};

enum class Threads : std::uint8_t {
    All,
    Private, ///< only those with descriptors of their own, which few threads of the world have
};

/// The process ids below a directory laid out like /proc.
Result<std::vector<std::int32_t>> list_processes(FdRef proc);

/// Our own id below such a directory, which need not be getpid(): it may be of another pid
/// namespace. 0 where we are not in it.
std::int32_t own_process(FdRef proc);

/// Appends to `found` what process `pid` holds of `inodes`; its name is read only when there is
/// something.
Result<ProcessScan> scan_process(FdRef proc, std::int32_t pid, const InodeSet& inodes,
                                 std::vector<OwnedInode>& found, std::vector<Task>& tasks);

/// The same for the threads of the process but its first one.
Result<ProcessScan> scan_threads(FdRef proc, std::int32_t pid, Threads which,
                                 const InodeSet& inodes, std::vector<OwnedInode>& found,
                                 std::vector<Task>& tasks);

/// /proc/PID/comm without its last line feed: the name itself may have some. Empty where it cannot
/// be read.
std::string read_comm(FdRef proc, const std::string& pid);

/// N of "socket:[N]", what a descriptor of a socket links to; 0 for anything else.
std::uint64_t socket_inode(std::string_view link);

} // namespace sockit
