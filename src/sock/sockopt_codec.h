#pragma once

#include "base/result.h"
#include "sock/sockopt_table.h"
#include "sock/sockopt_value.h"

#include <string>
#include <string_view>

namespace sockit {

/// The bytes that setsockopt(2) takes for what the user typed; a usage error that names the option
/// otherwise. By codec:
/// flags `true false 1 0 on off yes no`; integers in the kernel's own unit, decimal (or 0x…), with
/// a size suffix where the unit is bytes and a duration suffix where it is a time, or the name of a
/// value (`do` for IP_MTU_DISCOVER); timevals are durations; linger `off`, seconds, or `on` (0
/// seconds: close() resets); interfaces by name or index; `LOW-HIGH` for port ranges;
/// `GROUP[%INTERFACE]` and `SOURCE@GROUP[%INTERFACE]` for multicast; structs of plain numbers as
/// numbers with commas; `hex:…` for the bytes of any option.
Result<std::string> encode_sockopt(const SockoptRow& row, std::string_view text);

/// What the bytes that getsockopt(2) returned mean. Bytes that are too few for the codec stay
/// SockoptBytes.
SockoptValue decode_sockopt(const SockoptRow& row, std::string_view bytes);

/// The value as encode_sockopt() takes it, where it does: `131072`, `on`, `1.5s`, `hex:0a`. For
/// people and undo commands; raw bytes of text values are not escaped.
std::string sockopt_text(const SockoptRow& row, const SockoptValue& value);

/// The name that the row gives to the value ("SOCK_STREAM"), or empty.
std::string_view sockopt_symbol(const SockoptRow& row, const SockoptValue& value);

} // namespace sockit
