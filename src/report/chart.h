#pragma once

#include "base/histogram.h"

#include <cstddef>
#include <string>

namespace sockit {

/// Whether the user's locale (LC_ALL, LC_CTYPE, LANG) takes UTF-8.
bool locale_takes_utf8();

struct ChartOptions {
    std::size_t width = 80; ///< columns of the longest line, at least 48
    bool utf8 = true;       ///< bars of block elements, else of `#`
};

/// A histogram for people: a line for each span of durations with a bar as long as its share, at
/// most ten of them, all equally wide, or growing by one factor where the longest duration is ten
/// times the shortest or more. Empty where nothing was recorded; no last newline.
std::string chart(const Histogram& histogram, const ChartOptions& options);

} // namespace sockit
