#include "support/network.h"

#include "base/error.h"
#include "base/fd.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test {

namespace {

std::string failed(std::string_view call)
{
    const int reason = errno;
    return std::string(call) + ": " + errno_name(reason);
}

bool put(const char* path, std::string_view text)
{
    const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
    return file.valid() &&
           ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Set: tests have had a network of their own, and may have changed it.
bool network_is_used = false;

std::string bring_up_loopback()
{
    const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!any.valid())
        return failed("socket");
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(any.get(), SIOCSIFFLAGS, &request) < 0)
        return failed("ioctl SIOCSIFFLAGS lo");
    return {};
}

} // namespace

std::string enter_private_network()
{
    if (::geteuid() == 0 && ::unshare(CLONE_NEWNET) == 0)
        return bring_up_loopback();
    const auto user = std::to_string(::geteuid());
    const auto group = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return failed("unshare CLONE_NEWUSER|CLONE_NEWNET");
    // user_namespaces(7): gid_map may be written only after setgroups is denied.
    if (!put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", "0 " + user + " 1") ||
        !put("/proc/self/gid_map", "0 " + group + " 1"))
        return failed("write /proc/self/uid_map");
    return bring_up_loopback();
}

void fresh_network()
{
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << errno_name(errno);
    ASSERT_EQ(bring_up_loopback(), "");
    network_is_used = true;
}

void leave_used_network()
{
    if (!network_is_used)
        return;
    fresh_network();
    network_is_used = false;
}

} // namespace sockit::test
