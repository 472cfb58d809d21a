#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sockit {

/// The first number in /proc/sys for a dotted name (`net.core.rmem_max`), as the network namespace
/// of this thread has it; nothing when it cannot be read.
std::optional<std::int64_t> read_sysctl(std::string_view name);

} // namespace sockit
