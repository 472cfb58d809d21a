#pragma once

#include "base/deadline.h"
#include "base/result.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace sockit {

// Parsers of the user's words. Each takes the whole string or returns a usage error that quotes it,
// escaped and cut. `what` names the value in that error: "a port", "--timeout".

/// ASCII digits, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Decimal digits only: no sign, space, prefix or exponent; within [low, high].
Result<std::uint64_t> parse_number(std::string_view text, std::string_view what,
                                   std::uint64_t low = 0,
                                   std::uint64_t high = std::numeric_limits<std::uint64_t>::max());

/// `250ms`, `1.5s`, `2m`, `1h`, `3us`, `100ns`; a bare number is seconds. At most about 292 years.
Result<Duration> parse_duration(std::string_view text, std::string_view what);

/// `64k` = `64KiB` = 65536; suffixes k M G T, alone or with `iB` or `B`, in any case; a bare number
/// is bytes.
Result<std::uint64_t> parse_size(std::string_view text, std::string_view what);

/// Bytes per second: a size, with or without `/s`; at least 1.
Result<std::uint64_t> parse_rate(std::string_view text, std::string_view what);

/// The escapes of C string literals: `\n \r \t \a \b \e \f \v \0 \\ \' \"`, `\xHH` and up to three
/// octal digits; anything else behind a backslash is an error.
Result<std::string> parse_c_escapes(std::string_view text, std::string_view what);

/// A usage error: `bad WHAT 'TEXT': WHY`, TEXT escaped and cut at 64 characters.
Failure bad_value(std::string_view what, std::string_view text, std::string_view why);

} // namespace sockit
