#pragma once

#include "base/result.h"
#include "sock/socket_info.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sockit {

/// What a file of saved sockets says apart from them.
struct SavedFacts {
    std::optional<std::chrono::system_clock::time_point> time; ///< when they were listed
    std::uint64_t unreadable = 0;                              ///< lines that were no record
    bool complete = false;                                     ///< its end is there, too
};

/// Reads a file of saved sockets: visits each as it is read into `info`, until the visitor says
/// false, and fills `facts`, the time before the first visit. Names in `info` stay valid as long as
/// the reader lives. An error: nothing could be read.
using SavedReader =
    std::function<Result<>(const std::string& path, SocketInfo& info,
                           const std::function<bool(const SocketInfo&)>& visit, SavedFacts& facts)>;

} // namespace sockit
