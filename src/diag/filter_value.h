#pragma once

#include "diag/filter.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// A value of a filter, or what was expected in its place: "a port number or a service name".
template <class T>
using FilterValue = std::expected<T, std::string>;

/// What stands behind `src` or `dst`: `[FAMILY:]ADDRESS[:PORT]`.
FilterValue<FilterStep> parse_filter_host(SocketEnd end, std::string_view text, int family);

/// What stands behind `sport` or `dport` and its comparison: `[FAMILY:][:]PORT`.
FilterValue<FilterStep> parse_filter_port(SocketEnd end, Comparison comparison,
                                          std::string_view text);

/// Decimal, or hexadecimal behind 0x; no leading zeros, which elsewhere mean octal.
std::optional<std::uint64_t> parse_filter_number(std::string_view text, std::uint64_t most);

/// `MARK` or `MARK/MASK`.
FilterValue<FilterStep> parse_filter_mark(std::string_view text);

/// A number, or the name of a user.
FilterValue<std::uint64_t> parse_filter_user(std::string_view text);

/// The protocol of packet sockets by ss's name or by number.
std::optional<std::uint32_t> ethernet_protocol(std::string_view text);
/// The protocol of netlink sockets by ss's name or by number.
std::optional<std::uint32_t> netlink_protocol(std::string_view text);

} // namespace sockit
