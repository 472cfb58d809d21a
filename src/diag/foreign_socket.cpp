#include "diag/foreign_socket.h"

#include <cerrno>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sockit {

namespace {

// The numbers are the same on every architecture, and older headers have none.
constexpr long pidfd_open_number = 434;
constexpr long pidfd_getfd_number = 438;

Failure failure(std::string_view call, const std::string& subject, int reason)
{
    if (reason == ENOSYS)
        return Failure(Error::unsupported(call, std::string(call), reason));
    Error error = Error::from_errno(Phase::Socket, call, subject, reason);
    if (reason == EPERM)
        error.detail = what_foreign_sockets_take();
    return Failure(std::move(error));
}

} // namespace

std::string what_foreign_sockets_take()
{
    std::string text = "it takes the same user and a dumpable process, or CAP_SYS_PTRACE";
    std::ifstream in("/proc/sys/kernel/yama/ptrace_scope");
    int scope = 0;
    if (in >> scope && scope > 0)
        text += "; kernel.yama.ptrace_scope is " + std::to_string(scope);
    return text;
}

Result<Fd> duplicate_foreign_socket(pid_t pid, int fd, std::uint64_t inode)
{
    const auto subject = "pid " + std::to_string(pid) + " fd " + std::to_string(fd);
    const Fd process(static_cast<int>(::syscall(pidfd_open_number, pid, 0)));
    if (!process.valid())
        return failure("pidfd_open", subject, errno);
    Fd duplicate(static_cast<int>(::syscall(pidfd_getfd_number, process.get(), fd, 0)));
    if (!duplicate.valid())
        return failure("pidfd_getfd", subject, errno);
    struct stat status{};
    if (::fstat(duplicate.get(), &status) < 0)
        return failure("fstat", subject, errno);
    if (!S_ISSOCK(status.st_mode))
        return failure("pidfd_getfd", subject, ENOTSOCK);
    if (status.st_ino != inode)
        return failure("pidfd_getfd", subject, ESTALE);
    return duplicate;
}

} // namespace sockit
