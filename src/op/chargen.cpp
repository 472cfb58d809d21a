#include "op/chargen.h"

#include <array>

namespace sockit {

namespace {

constexpr std::size_t printable = 95; // ' ' to '~'
/// After so many bytes it begins again.
constexpr std::size_t period = printable * chargen_line;
constexpr std::size_t repeated = 2;

constexpr auto pattern = [] {
    std::array<std::byte, repeated * period> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto line = i / chargen_line;
        const auto column = i % chargen_line;
        if (column < chargen_line - 2)
            bytes[i] = std::byte(' ' + (line + column) % printable);
        else
            bytes[i] = column == chargen_line - 2 ? std::byte{'\r'} : std::byte{'\n'};
    }
    return bytes;
}();

} // namespace

std::span<const std::byte> chargen_bytes(std::uint64_t offset)
{
    return std::span(pattern).subspan(offset % period);
}

} // namespace sockit
