#pragma once

#include "base/deadline.h"
#include "sock/endpoint.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace sockit {

/// Names of addresses (getnameinfo(3)), many at once and in a bounded time.
class HostNames {
public:
    /// Wildcards and what is no address are passed over.
    void want(const Endpoint& endpoint);
    /// Asks for all that are wanted, on a few threads. Those that are not answered at the deadline
    /// are abandoned, which ends by itself and touches nothing of ours; returns how many.
    std::size_t look_up(const Deadline& deadline);
    /// "localhost", raw bytes; empty: it has no name, or none came in time.
    [[nodiscard]] std::string_view name_of(const Endpoint& endpoint) const;

private:
    std::map<std::string, std::string, std::less<>> m_names; ///< by address
};

} // namespace sockit
