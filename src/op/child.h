#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "event/event.h"
#include "op/op_loop.h"
#include "sock/socket.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace sockit {

struct ChildPlan {
    std::vector<std::string> words; ///< program and arguments; none: no child is wanted
    /// RLIMIT_NOFILE for it, where ours has been raised: select(2) cannot bear many.
    std::optional<rlimit> descriptors;

    [[nodiscard]] bool wanted() const { return !words.empty(); }
    bool operator==(const ChildPlan& other) const { return words == other.words; }
};

/// A program that has a connection to itself: the socket, blocking, is its descriptors 0 and 1, our
/// stderr its 2, and it has no other. It leads a process group of its own, so that it ends with all
/// it started. Killed and reaped at the end of this object's life.
class Child {
public:
    /// The program is looked up in PATH. The environment is ours and the UCSPI variables: PROTO,
    /// TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT (those of TCP only for inet). Errors:
    /// that of exec (ENOENT, EACCES) or of making the process (EAGAIN, ENOMEM), Phase::None.
    static Result<Child> start(const ChildPlan& plan, Socket socket, const Endpoint& local,
                               const Endpoint& peer);

    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    /// Readable once it has ended (pidfd).
    [[nodiscard]] FdRef ref() const { return m_pidfd.ref(); }
    /// Waits for its end: the exit status as of reap(). Nothing when the loop was stopped: then it
    /// was ended by end_all(). Uses token 0 of the loop's poller.
    Result<std::optional<int>> wait(OpLoop& loop);
    /// Once ref() is readable: the exit status as shells count it, 128 + signal for a death by one.
    int reap();
    /// Sends the signal to it and all it started.
    void send_signal(int signal) const;

    /// Ends them with all they started, SIGTERM first and SIGKILL after at most a second, and reaps
    /// them.
    static void end_all(std::span<Child> children);

private:
    Child(pid_t pid, Fd pidfd) : m_pid(pid), m_pidfd(std::move(pidfd)) {}

    pid_t m_pid; ///< 0 once reaped
    Fd m_pidfd;
};

/// Tells of a child that did not end well, since its status becomes ours.
void warn_of_status(const ChildPlan& plan, int status, const Emit& emit);

} // namespace sockit
