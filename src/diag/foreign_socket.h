#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace sockit {

/// A duplicate of a socket that another process holds (pidfd_getfd(2)). While it lives, a close()
/// in that process ends nothing: the peer gets no FIN, the port stays taken. Look and let go; never
/// receive from it.
///
/// `inode` is the socket's; a descriptor that has become another file since is ESTALE. Errors:
/// ESRCH (no such process), EBADF (no such descriptor there), EPERM (detail tells what it takes),
/// ENOTSOCK, ENOSYS before Linux 5.6 (unsupported). The subject is "pid P fd N".
Result<Fd> duplicate_foreign_socket(pid_t pid, int fd, std::uint64_t inode);

/// What the kernel asks of whoever wants another process's sockets (ptrace access in the sense of
/// PTRACE_MODE_ATTACH_REALCREDS), for people.
std::string what_foreign_sockets_take();

} // namespace sockit
