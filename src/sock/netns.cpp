#include "sock/netns.h"

#include "base/fd.h"
#include "base/parse.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sched.h>

namespace sockit {

namespace {

std::string path_of(std::string_view where)
{
    if (where.find('/') != std::string_view::npos)
        return std::string(where);
    const bool pid = !where.empty() && std::ranges::all_of(where, is_digit);
    return pid ? "/proc/" + std::string(where) + "/ns/net" : "/run/netns/" + std::string(where);
}

} // namespace

Result<> enter_netns(std::string_view where)
{
    const std::string path = path_of(where);
    const Fd space(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!space.valid()) {
        const int reason = errno;
        if (reason == ENOENT || reason == ENOTDIR)
            return bad_value("--netns", where, "no such network namespace");
        return Failure(Error::from_errno(Phase::Socket, "open", path, reason));
    }
    if (::setns(space.get(), CLONE_NEWNET) < 0) {
        const int reason = errno;
        if (reason == EINVAL)
            return bad_value("--netns", where, "not a network namespace");
        return Failure(Error::from_errno(Phase::Socket, "setns", path, reason));
    }
    return {};
}

} // namespace sockit
