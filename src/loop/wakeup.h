#pragma once

#include "base/fd.h"
#include "base/result.h"

namespace sockit {

/// Ends another thread's Poller::wait(): what one thread tells, the other finds readable (eventfd).
class Wakeup {
public:
    static Result<Wakeup> open();

    /// Watch it for reading.
    [[nodiscard]] FdRef ref() const { return m_fd.ref(); }
    /// From any thread.
    void notify() const;
    /// Not readable any more, until the next notify().
    void clear() const;

private:
    explicit Wakeup(Fd fd) : m_fd(std::move(fd)) {}

    Fd m_fd;
};

} // namespace sockit
