#pragma once

#include "sock/endpoint.h"

#include <optional>
#include <string>

namespace sockit {

/// The proxy on the way to a target.
struct ProxyFacts {
    std::string url;                  ///< without password
    std::optional<Endpoint> endpoint; ///< the address that answered; none: it was not reached
    std::optional<std::string> reply; ///< what it said of the target, in its own words

    bool operator==(const ProxyFacts&) const = default;
};

} // namespace sockit
