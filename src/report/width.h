#pragma once

#include <string>
#include <string_view>

namespace sockit {

/// How many terminal columns UTF-8 text takes (wide and combining characters counted as terminals
/// show them), colour codes not counted.
std::size_t display_width(std::string_view text);

/// At most `width` columns of `text`; where something is cut, the last one is `…`. Colour codes are
/// kept whole.
std::string cut_to_width(std::string_view text, std::size_t width);

/// The same for text without colour codes of which the end tells the most: `…` stands in the
/// middle, with two thirds of the room behind it.
std::string cut_middle_to_width(std::string_view text, std::size_t width);

} // namespace sockit
