#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit::test {

// HdrHistogram's logs, read by their description and not by our own writer's code.

/// A decoded histogram: its header, and the buckets that are not empty.
struct HdrHistogram {
    struct Bucket {
        std::uint64_t lowest;
        std::uint64_t highest;
        std::uint64_t count;

        bool operator==(const Bucket&) const = default;
    };

    std::uint32_t significant_digits = 0;
    std::uint64_t lowest = 0;
    std::uint64_t highest = 0;
    std::vector<Bucket> buckets;

    [[nodiscard]] std::uint64_t count() const;
};

/// From the V2 encoding, not compressed. Nothing where it is none, or has another layout than two
/// digits from 1 on.
std::optional<HdrHistogram> decode_hdr(std::string_view plain);
/// The V2 encoding in the base64 of the compressed one.
std::optional<std::string> inflate_hdr(std::string_view base64_text);

struct HlogInterval {
    std::string tag;
    double start = 0; ///< seconds
    double length = 0;
    double longest = 0; ///< milliseconds
    HdrHistogram histogram;
};

struct Hlog {
    std::vector<std::string> comments; ///< lines that begin with `#`
    std::vector<HlogInterval> intervals;
};

/// A whole log; a line that is none fails the test.
Hlog read_hlog(std::string_view text);

} // namespace sockit::test
