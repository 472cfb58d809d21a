#include "op/probe_extent.h"

#include <bit>
#include <string>

namespace sockit {

void warn_of_wide_ranges(std::span<const TargetGroup> groups, const Emit& emit)
{
    constexpr std::size_t customary = 65536;
    for (const auto& group : groups) {
        if (group.hosts <= customary)
            continue;
        const Endpoint& first = *group.target.endpoint;
        const int bits = first.family() == AF_INET ? 32 : 128;
        const auto length = std::to_string(bits - std::countr_zero(group.hosts));
        emit(Warning{.message = first.address() + "/" + length + " has " +
                                std::to_string(group.hosts) + " addresses, " +
                                std::to_string(group.size()) + " targets",
                     .error = {}});
    }
}

} // namespace sockit
