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

/// The process ids below a directory laid out like /proc.
Result<std::vector<std::int32_t>> list_processes(FdRef proc);

/// Appends the descriptors of process `pid` that are sockets with one of `inodes` (sorted); its
/// name is read only when there is one.
Result<ProcessScan> scan_process(FdRef proc, std::int32_t pid,
                                 const std::vector<std::uint64_t>& inodes,
                                 std::vector<OwnedInode>& owned);

/// /proc/PID/comm without its last line feed: the name itself may have some. Empty where it cannot
/// be read.
std::string read_comm(FdRef proc, const std::string& pid);

/// N of "socket:[N]", what a descriptor of a socket links to; 0 for anything else.
std::uint64_t socket_inode(std::string_view link);

} // namespace sockit
