#pragma once

#include "report/fields.h"

#include <string>
#include <string_view>

namespace sockit {

// The one place that knows JSON. Numbers and brackets are written directly; strings that need more
// than quotes go through nlohmann_json.

/// The members of an object without its braces: `"a":1,"b":{"c":2}`.
void append_members(std::string& out, const Fields& fields);

/// `"…"` with what JSON wants escaped; `text` must be UTF-8.
void append_string(std::string& out, std::string_view text);

/// Reads the members of one object, `text` whole, as append_members() wrote them; false when it is
/// none. Numbers become Signed when negative, else Unsigned, and Real where they have a fraction or
/// are too big.
bool parse_members(std::string_view text, Fields& fields);

} // namespace sockit
