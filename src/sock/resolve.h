#pragma once

#include "base/deadline.h"
#include "base/fd.h"
#include "base/result.h"
#include "sock/target.h"

#include <memory>
#include <optional>
#include <vector>

namespace sockit {

/// Which addresses are wanted: -4, -6 or both.
enum class AddressFamily : std::uint8_t { Any, Inet, Inet6 };

/// Name resolution on a thread of its own, since getaddrinfo(3) knows no deadline. Dropping the job
/// abandons the thread, which then ends by itself and touches nothing of ours.
class ResolveJob {
public:
    /// Starts at once. Errors: no descriptor or thread to be had (Phase::Resolve).
    static Result<ResolveJob> start(const Target& target, AddressFamily family);

    /// Readable once the answer is there: for poll(2) and the Poller.
    [[nodiscard]] FdRef ready_fd() const;
    /// The answer, in the order of RFC 6724; nothing while it is pending. Errors: EAI_* codes.
    [[nodiscard]] std::optional<Result<std::vector<Endpoint>>> take() const;

private:
    struct Shared;
    explicit ResolveJob(std::shared_ptr<Shared> shared) : m_shared(std::move(shared)) {}

    std::shared_ptr<Shared> m_shared;
};

/// The endpoints of a target that needs no resolver: literals (checked against -4/-6), unix, vsock,
/// and a server's bare port (`[::]:PORT`, or `0.0.0.0:PORT` with -4). Nothing when a name must be
/// resolved.
std::optional<Result<std::vector<Endpoint>>> known_endpoints(const Target& target,
                                                             AddressFamily family);

/// Both in one, waiting: for callers with nothing else to do. At the deadline: ETIMEDOUT,
/// Phase::Resolve.
Result<std::vector<Endpoint>> resolve(const Target& target, AddressFamily family,
                                      const Deadline& deadline);

/// Our own limit ended the resolution of `target`.
Error resolve_timed_out(const Target& target);

} // namespace sockit
