#pragma once

#include "base/result.h"
#include "sock/target.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sockit {

/// One host and the ports asked of it; or one unix path or vsock address, which has no list.
struct TargetGroup {
    Target target;                    ///< with the first port
    std::vector<std::uint16_t> ports; ///< in the order typed, none twice; empty: only `target`

    [[nodiscard]] std::size_t size() const { return ports.empty() ? 1 : ports.size(); }
    /// The target of the port at `index` < size(), its text included.
    [[nodiscard]] Target at(std::size_t index) const;

    bool operator==(const TargetGroup&) const = default;
};

/// Any number of words, each a target of parse_target() whose port may be a list: `HOST:22,80`,
/// `[V6]:8000-8010`, `22,http`. Exactly two words of which the first has no port and the second is
/// nothing else are `HOST PORTS`. Errors are usage errors that quote the word.
Result<std::vector<TargetGroup>> parse_target_list(std::span<const std::string> words);

} // namespace sockit
