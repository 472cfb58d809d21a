#pragma once

#include <cstddef>
#include <span>

namespace sockit {

/// Makes every line end CR LF; one that is so already stays. Remembers the last byte between two
/// calls.
class LineEnds {
public:
    /// Into `out`, which has room for twice as much; how many bytes that made.
    std::size_t convert(std::span<const std::byte> in, std::span<std::byte> out)
    {
        std::size_t made = 0;
        for (const std::byte byte : in) {
            if (byte == std::byte{'\n'} && m_last != std::byte{'\r'})
                out[made++] = std::byte{'\r'};
            out[made++] = byte;
            m_last = byte;
        }
        return made;
    }

private:
    std::byte m_last{};
};

} // namespace sockit
