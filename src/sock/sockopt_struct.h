#pragma once

#include "base/result.h"
#include "sock/sockopt_table.h"
#include "sock/sockopt_value.h"

#include <span>
#include <string>
#include <string_view>

namespace sockit {

/// A member of a struct that an option returns or takes. The layouts are our own (Linux uapi on
/// 64-bit machines), since headers say nothing about the running kernel.
struct StructMember {
    std::string_view name; ///< the kernel's, without the prefix of its struct
    std::uint16_t offset = 0;
    std::uint8_t size = 0; ///< bytes: 1, 2, 4 or 8
    bool is_signed = false;
    bool all_ones_unknown = false; ///< every bit set means: no such thing
    bool zero_unknown = false;
};

/// Empty for a codec that is not a struct of plain members.
std::span<const StructMember> struct_members(SockoptCodec codec);

/// As many members as `bytes` holds whole.
SockoptValue::Fields decode_struct(std::span<const StructMember> members, std::string_view bytes);

/// Numbers separated by commas, one a member in order; members left out are 0. A usage error that
/// names `what` otherwise.
Result<std::string> encode_struct(std::span<const StructMember> members, std::string_view text,
                                  std::string_view what);

} // namespace sockit
