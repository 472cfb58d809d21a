#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sockit {

/// Bytes of a line of characters: 72, CR, LF.
inline constexpr std::size_t chargen_line = 74;

/// Writes the endless text of RFC 864 from byte `offset` on: lines of 72 of the 95 printable ASCII
/// characters in a ring, each beginning one further.
void write_chargen(std::uint64_t offset, std::span<std::byte> out);

} // namespace sockit
