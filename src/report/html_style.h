#pragma once

#include <string_view>

namespace sockit {

/// The style sheet of the pages: light and dark as the reader prefers, one column on a telephone,
/// black on white on paper. Text has a contrast of 4.5 to 1 at least, lines of 3 to 1.
extern const std::string_view html_style;

} // namespace sockit
