#pragma once

#include <string>

namespace sockit::test {

/// Moves this process, which must have one thread, into a network namespace of its own with `lo`
/// up; an ordinary user into a user namespace as well, as root there. Empty, or why it cannot be
/// done. support/main.cpp calls it before any test, so that fixed ports are free and nothing leaves
/// the machine.
std::string enter_private_network();

/// Another fresh network namespace with `lo` up for the calling thread, for a test that must not
/// meet what others left behind (TIME-WAIT, routes, sysctls). Children inherit it. Fails the test
/// where it cannot be done.
void fresh_network();

/// The same where that was called since the last time. support/main.cpp does it after each suite:
/// what one did to its network (sysctls, firewalls) is not for the next.
void leave_used_network();

} // namespace sockit::test
