#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sockit {

/// A line of the character generator, its end included.
constexpr std::size_t chargen_line = 74;

/// What the character generator (RFC 864) sends from its byte `offset` on, a good deal of it: lines
/// of 72 of the 95 printable characters, each beginning one character later, with CR LF.
std::span<const std::byte> chargen_bytes(std::uint64_t offset);

} // namespace sockit
