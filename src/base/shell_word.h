#pragma once

#include <string>
#include <string_view>

namespace sockit {

/// A word as a POSIX shell takes it: quoted where it has to be.
std::string shell_word(std::string_view word);

} // namespace sockit
