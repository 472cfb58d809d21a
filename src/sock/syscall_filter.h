#pragma once

namespace sockit {

/// Whether this kernel filters system calls, and we know how to number them here.
bool can_filter_syscalls();

/// From here on this process and what it starts get EPERM for system calls that no socket needs: to
/// run programs, to look into other processes, to change namespaces, mounts, modules, keys and
/// clocks, who owns a file, and io_uring, which would get around the filter. Wants no_new_privs.
/// Returns an errno value, 0 when it is done.
int filter_syscalls();

} // namespace sockit
