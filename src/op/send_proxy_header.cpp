#include "op/send_proxy_header.h"

#include "op/watched.h"
#include "sock/io.h"

#include <cerrno>
#include <span>

namespace sockit {

Result<bool> send_proxy_header(OpLoop& loop, const Socket& socket, const ProxyHeaderPlan& plan,
                               const Endpoint& local, const Endpoint& destination,
                               const Deadline& limit)
{
    const auto header = build_proxy_header(plan.version, plan.source.value_or(local), destination);
    auto rest = std::as_bytes(std::span(header));
    const auto subject = destination.text();
    Watched watched(loop.poller(), socket.ref(), 0);
    while (true) {
        const auto sent = TRY(send_some(socket.ref(), rest, subject));
        rest = rest.subspan(sent.bytes);
        if (rest.empty())
            return true;
        watched.want(Interest{.write = true});
        if (watched.error())
            return Failure(*watched.error());
        TRY(loop.wait(limit));
        if (loop.stopped())
            return false;
        if (limit.passed())
            return Failure(Error::from_errno(Phase::Send, "PROXY header", subject, ETIMEDOUT));
    }
}

} // namespace sockit
