#include "op/in_netns.h"

#include "base/fd.h"

#include <cerrno>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

namespace sockit {

namespace {

Result<NetnsVisit> not_visited(std::string_view call, const std::string& path, int reason)
{
    switch (reason) {
    case EPERM:
    case EACCES: return NetnsVisit::NotPermitted;
    case ENOENT:
    case ESRCH:
    case EINVAL: return NetnsVisit::Gone; // no namespace (any more)
    default: return Failure(Error::from_errno(Phase::Socket, call, path, reason));
    }
}

} // namespace

Result<NetnsVisit> in_netns(const FoundNetns& space, const std::function<Result<>()>& act)
{
    const Fd netns(::open(space.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns.valid())
        return not_visited("open", space.path, errno);
    struct stat status{};
    if (::fstat(netns.get(), &status) < 0 || status.st_ino != space.tag.inode)
        return NetnsVisit::Gone;
    Result<> done;
    int refused = 0;
    try {
        std::jthread([&] {
            if (::setns(netns.get(), CLONE_NEWNET) < 0)
                refused = errno;
            else
                done = act();
        }).join();
    } catch (const std::system_error& failure) {
        return Failure(
            Error::from_errno(Phase::Socket, "pthread_create", space.path, failure.code().value()));
    }
    if (refused != 0)
        return not_visited("setns", space.path, refused);
    if (!done)
        return Failure(done.error());
    return NetnsVisit::Done;
}

} // namespace sockit
