#pragma once

#include "base/result.h"
#include "sock/socket_info.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sockit {

/// A socket as one process holds it.
struct HeldSocket {
    std::uint64_t inode = 0;
    SocketOwner owner;

    bool operator==(const HeldSocket&) const = default;
};

/// The sockets of process `pid`, or the one behind its descriptor `fd`, by descriptor. One that
/// several descriptors of it share is there once.
///
/// Errors: ESRCH (no such process, or a zombie, which holds nothing any more), EACCES (detail tells
/// what it takes), with `fd` EBADF (not open there) and ENOTSOCK. The subject is "pid P", "pid P fd
/// N".
Result<std::vector<HeldSocket>> list_held_sockets(std::int32_t pid, std::optional<int> fd);

} // namespace sockit
