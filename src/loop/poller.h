#pragma once

#include "base/deadline.h"
#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace sockit {

struct Interest {
    bool read = false;
    bool write = false;

    bool operator==(const Interest&) const = default;
};

struct Ready {
    std::uint64_t token = 0;
    bool readable = false; ///< also set at end of stream
    bool writable = false;
    bool hangup = false; ///< both directions are shut, or a pipe's other end is gone
    bool error = false;  ///< an error is pending, or a pipe's reader is gone
};

/// Level-triggered readiness (epoll). Hangup and error are reported whatever the interest: remove()
/// what you want to hear nothing of. Files that epoll refuses (regular files, /dev/null) count as
/// always ready for what is wanted of them. No callbacks: each op owns its loop.
class Poller {
public:
    static Result<Poller> open();

    /// Errors: EEXIST, ENOMEM, ENOSPC, EBADF.
    [[nodiscard]] Result<> add(FdRef fd, std::uint64_t token, Interest interest);
    [[nodiscard]] Result<> modify(FdRef fd, std::uint64_t token, Interest interest);
    /// Forgets the descriptor; call before closing it. Unknown ones are ignored.
    void remove(FdRef fd);

    /// Waits until something is ready or the deadline passes (then empty; also empty after a stray
    /// signal). The span is valid until the next call.
    Result<std::span<const Ready>> wait(const Deadline& deadline);

private:
    struct AlwaysReady {
        FdRef fd;
        std::uint64_t token;
        Interest interest;
    };

    explicit Poller(Fd fd) : m_epoll(std::move(fd)) {}
    [[nodiscard]] Result<> control(int operation, FdRef fd, std::uint64_t token,
                                   Interest interest) const;

    Fd m_epoll;
    std::vector<AlwaysReady> m_always_ready;
    std::vector<Ready> m_ready;
};

} // namespace sockit
