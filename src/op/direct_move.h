#pragma once

#include "base/fd.h"

#include <cstddef>
#include <cstdint>

namespace sockit {

/// What one move of bytes by the kernel alone came to. Nothing is held in between: what did not
/// move is still at its source.
struct DirectMove {
    enum class Kind : std::uint8_t {
        Moved,
        End,         ///< the source has ended
        SourceEmpty, ///< wait for the source
        SinkFull,    ///< wait for the sink
        Lost,        ///< the connection failed, with `error`
        NoReader,    ///< nobody reads the pipe any more
        Refused,     ///< not with these two ends, or one of them failed: copying will tell which
    };

    Kind kind = Kind::Moved;
    std::size_t bytes = 0;  ///< > 0 when Moved
    bool sink_full = false; ///< Moved, and the sink takes nothing more for now
    int error = 0;          ///< errno
};

/// sendfile(2) of a regular file, from its position on, into a non-blocking socket; at most 4 MiB,
/// so that signals and timers have their turn.
DirectMove send_file(FdRef file, FdRef socket);
/// splice(2) of what a pipe holds into a non-blocking socket.
DirectMove splice_to_socket(FdRef pipe, FdRef socket);
/// splice(2) of what has arrived on a non-blocking socket into a pipe.
DirectMove splice_to_pipe(FdRef socket, FdRef pipe);

/// Makes the pipe hold 1 MiB, as far as the user's limits allow (pipe(7)).
void enlarge_pipe(FdRef pipe);

} // namespace sockit
