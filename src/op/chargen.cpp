#include "op/chargen.h"

#include <algorithm>
#include <array>

namespace sockit {

namespace {

constexpr std::size_t printable = 95; ///< from ' ' to '~'
constexpr std::size_t line_text = chargen_line - 2;

/// After as many lines as there are characters it begins again.
constexpr auto chargen_text = [] {
    std::array<std::byte, chargen_line * printable> text{};
    for (std::size_t line = 0; line < printable; ++line) {
        for (std::size_t i = 0; i < line_text; ++i)
            text[line * chargen_line + i] = static_cast<std::byte>(' ' + (line + i) % printable);
        text[line * chargen_line + line_text] = std::byte{'\r'};
        text[line * chargen_line + line_text + 1] = std::byte{'\n'};
    }
    return text;
}();

} // namespace

void write_chargen(std::uint64_t offset, std::span<std::byte> out)
{
    auto from = static_cast<std::size_t>(offset % chargen_text.size());
    while (!out.empty()) {
        const auto piece = std::span(chargen_text).subspan(from);
        const auto length = std::min(piece.size(), out.size());
        std::ranges::copy(piece.first(length), out.begin());
        out = out.subspan(length);
        from = 0;
    }
}

} // namespace sockit
