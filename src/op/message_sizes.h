#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sockit {

/// How long messages are: one of the ranges, then a size within it, each as likely as the others.
struct MessageSizes {
    struct Range {
        std::uint32_t low;
        std::uint32_t high; ///< not below `low`

        bool operator==(const Range&) const = default;
    };

    std::vector<Range> ranges{{64, 64}}; ///< never empty

    /// The size that 64 random bits choose.
    [[nodiscard]] std::uint32_t pick(std::uint64_t random) const;
    /// In bytes, as the user may write it: "64", "1024-16384", "64,16384".
    [[nodiscard]] std::string text() const;

    bool operator==(const MessageSizes&) const = default;
};

} // namespace sockit
