#pragma once

#include "base/fd.h"

#include <cstdint>

namespace sockit {

/// What was typed at a table.
struct WatchKeys {
    bool quit = false;      ///< q, Q, ^C, ^D
    bool end = false;       ///< nobody types any more
    std::int64_t lines = 0; ///< down, up: arrows, j, k
    std::int64_t pages = 0; ///< page keys, space, b
};

/// Takes what is there, without waiting for more than the first byte.
WatchKeys read_watch_keys(FdRef terminal);

} // namespace sockit
