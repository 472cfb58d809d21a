#pragma once

#include <string>
#include <string_view>

namespace sockit {

/// Of text that escape() made harmless, for XML and HTML: markup characters as entities, and the
/// two characters that XML forbids beside control characters (XML 1.0, 2.2) replaced.
std::string markup_text(std::string_view text);

} // namespace sockit
