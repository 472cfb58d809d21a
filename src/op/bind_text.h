#pragma once

#include "op/bind_rules.h"

#include <span>
#include <string>
#include <vector>

namespace sockit {

// What becomes of a bind() in words: no full stop at the end, foreign parts escaped.

/// "nginx (pid 812) listens on 0.0.0.0:80; SO_REUSEADDR does not allow a second listener".
std::string blocking_rule(const BindHolder& holder, const BindWish& wish);
/// What would help against that holder, best first.
std::vector<std::string> blocking_cures(const BindHolder& holder, const BindWish& wish);
/// Why nothing stands in the way although, or since nobody, holds the port.
std::string sharing_rule(std::span<const BindHolder> holders, const BindWish& wish);

} // namespace sockit
