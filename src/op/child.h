#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/socket.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace sockit {

/// A program that has a connection to itself: the socket, blocking, is its descriptors 0 and 1, our
/// stderr its 2, and it has no other. It leads a process group of its own, so that it ends with all
/// it started. Killed and reaped at the end of this object's life.
class Child {
public:
    /// `words[0]` is looked up in PATH. The environment is ours and the UCSPI variables: PROTO,
    /// TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT (those of TCP only for inet). Errors:
    /// that of exec (ENOENT, EACCES) or of making the process (EAGAIN, ENOMEM), Phase::None.
    static Result<Child> start(const std::vector<std::string>& words, Socket socket,
                               const Endpoint& local, const Endpoint& peer);

    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    /// Readable once it has ended (pidfd).
    [[nodiscard]] FdRef ref() const { return m_pidfd.ref(); }
    /// After that: the exit status as shells count it, 128 + signal for a death by one.
    int reap();
    /// Sends the signal to it and all it started.
    void send_signal(int signal) const;

private:
    Child(pid_t pid, Fd pidfd) : m_pid(pid), m_pidfd(std::move(pidfd)) {}

    pid_t m_pid; ///< 0 once reaped
    Fd m_pidfd;
};

} // namespace sockit
