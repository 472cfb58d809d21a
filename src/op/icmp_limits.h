#pragma once

#include "event/event.h"

#include <cstddef>
#include <map>
#include <string>

namespace sockit {

/// Hosts and routers limit how many ICMP errors they send (RFC 1812 4.3.2.8, icmp_ratelimit), so
/// that most of many rejected ports look like timeouts. Finds out where that may have happened.
class IcmpLimits {
public:
    void note(const ProbeResult& result);
    /// A Warning for each host of which some ports were rejected and others are mute. False: the
    /// output can take no more.
    bool tell(const Emit& emit) const;

private:
    struct Host {
        std::string from; ///< who rejected
        std::size_t rejected = 0;
        std::size_t mute = 0; ///< after the first rejection
    };

    std::map<std::string, Host, std::less<>> m_hosts; ///< by address, once it was rejected
};

} // namespace sockit
