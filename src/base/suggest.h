#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace sockit {

/// How many single-character insertions, deletions, replacements and swaps of neighbours turn `a`
/// into `b`, no substring edited twice (the optimal string alignment form of Damerau-Levenshtein).
/// ASCII letters of either case count as equal.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that a mistyped `word` most likely meant: the smallest distance, the first of
/// several. Nothing when even that is more than a third of the word's length (one edit is always
/// allowed, two from four letters on).
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

} // namespace sockit
