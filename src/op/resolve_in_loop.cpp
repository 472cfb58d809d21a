#include "op/resolve_in_loop.h"

namespace sockit {

Result<std::vector<Endpoint>> resolve_in_loop(OpLoop& loop, const Target& target,
                                              AddressFamily family, const Deadline& limit)
{
    if (auto known = known_endpoints(target, family))
        return *std::move(known);
    const auto job = TRY(ResolveJob::start(target, family));
    TRY(loop.poller().add(job.ready_fd(), 0, {.read = true}));
    auto answer = job.take();
    for (; !answer && !loop.stopped(); answer = job.take()) {
        if (limit.passed())
            return Failure(resolve_timed_out(target));
        TRY(loop.wait(limit));
    }
    loop.poller().remove(job.ready_fd());
    return answer ? *std::move(answer) : std::vector<Endpoint>();
}

} // namespace sockit
