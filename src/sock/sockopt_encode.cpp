#include "base/parse.h"
#include "sock/sockopt_bytes.h"
#include "sock/sockopt_codec.h"
#include "sock/sockopt_multicast.h"
#include "sock/sockopt_struct.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <arpa/inet.h>
#include <net/if.h>

namespace sockit {

namespace {

using enum SockoptCodec;

std::string value_of(const SockoptRow& row) { return "value of " + sockopt_label(row); }

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

Result<std::string> encode_hex(const SockoptRow& row, std::string_view digits)
{
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned byte = 0;
        const auto pair = digits.substr(i, 2);
        const auto [end, failure] =
            std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
        if (pair.size() != 2 || failure != std::errc() || end != pair.data() + 2)
            return bad_value(value_of(row), digits, "expected pairs of hexadecimal digits");
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

Result<bool> parse_flag(const SockoptRow& row, std::string_view text)
{
    const auto word = lower(text);
    for (const std::string_view yes : {"true", "1", "on", "yes"})
        if (word == yes)
            return true;
    for (const std::string_view no : {"false", "0", "off", "no"})
        if (word == no)
            return false;
    return bad_value(value_of(row), text, "expected true or false");
}

/// How many nanoseconds the unit of an integer option has; 0 when it is no time.
std::int64_t nanoseconds_of(std::string_view unit)
{
    if (unit == "seconds")
        return 1'000'000'000;
    if (unit == "ms")
        return 1'000'000;
    return unit == "us" ? 1'000 : 0;
}

std::string expectation(const SockoptRow& row)
{
    if (!row.symbols.empty()) {
        std::string names = "expected a number or one of";
        for (const auto& symbol : row.symbols)
            names += " " + std::string(symbol.name);
        return names;
    }
    if (row.unit == "bytes" || row.unit == "bytes/s")
        return "expected bytes, for example 65536 or 64k";
    if (nanoseconds_of(row.unit) != 0)
        return "expected " + std::string(row.unit) + ", or a duration such as 250ms, 1.5s or 2m";
    return "expected a number";
}

/// A magnitude: plain decimal, 0x…, or with the suffix that the row's unit allows.
std::optional<std::uint64_t> parse_magnitude(const SockoptRow& row, std::string_view text)
{
    constexpr int hexadecimal = 16;
    if (text.starts_with("0x") && text.size() > 2) {
        std::uint64_t value = 0;
        const auto [end, failure] =
            std::from_chars(text.data() + 2, text.data() + text.size(), value, hexadecimal);
        const bool whole = failure == std::errc() && end == text.data() + text.size();
        return whole ? std::optional(value) : std::nullopt;
    }
    if (const auto number = parse_number(text, "number"))
        return *number;
    if (row.unit == "bytes") {
        if (const auto size = parse_size(text, "size"))
            return *size;
    } else if (row.unit == "bytes/s") {
        if (const auto rate = parse_rate(text, "rate"))
            return *rate;
    } else if (const auto unit = nanoseconds_of(row.unit); unit != 0) {
        const auto duration = parse_duration(text, "duration");
        if (duration && duration->count() % unit == 0)
            return static_cast<std::uint64_t>(duration->count() / unit);
    }
    return std::nullopt;
}

/// An integer of the row, within what its C type holds.
template <class T>
Result<T> parse_integer(const SockoptRow& row, std::string_view text)
{
    const auto named = [&](const SockoptSymbol& symbol) {
        return lower(symbol.name) == lower(text);
    };
    const auto symbol = std::ranges::find_if(row.symbols, named);
    if (symbol != row.symbols.end())
        return static_cast<T>(symbol->value);
    const bool negative = std::numeric_limits<T>::is_signed && text.starts_with('-');
    const auto magnitude = parse_magnitude(row, negative ? text.substr(1) : text);
    if (!magnitude)
        return bad_value(value_of(row), text, expectation(row));
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    if (*magnitude > most + (negative ? 1 : 0))
        return bad_value(value_of(row), text,
                         "expected " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                             std::to_string(most));
    return static_cast<T>(negative ? 0 - *magnitude : *magnitude);
}

Result<int> parse_interface(const SockoptRow& row, std::string_view text)
{
    if (const auto index = if_nametoindex(std::string(text).c_str()); index != 0)
        return static_cast<int>(index);
    if (const auto number = parse_integer<int>(row, text))
        return *number;
    return bad_value(value_of(row), text, "no such interface");
}

Result<std::string> encode_timeval(const SockoptRow& row, std::string_view text)
{
    const auto duration = TRY(parse_duration(text, value_of(row)));
    return bytes_of(WideTimeval{duration.count() / WideTimeval::second,
                                duration.count() % WideTimeval::second / WideTimeval::microsecond});
}

Result<std::string> encode_linger(const SockoptRow& row, std::string_view text)
{
    const auto word = lower(text);
    if (word == "off" || word == "false" || word == "no")
        return bytes_of(LingerPair{0, 0});
    if (word == "on" || word == "true" || word == "yes")
        return bytes_of(LingerPair{1, 0});
    const auto seconds = parse_integer<int>(row, text);
    if (!seconds)
        return bad_value(value_of(row), text, "expected off, on, or how many seconds");
    return bytes_of(LingerPair{1, *seconds});
}

Result<std::string> encode_text(const SockoptRow& row, std::string_view text)
{
    // The kernel cuts what is longer instead of refusing it: IFNAMSIZ, TCP_CA_NAME_MAX,
    // TCP_ULP_NAME_MAX are all 16 with the NUL.
    constexpr std::size_t most = 15;
    if (text.size() > most || text.find('\0') != std::string_view::npos)
        return bad_value(value_of(row), text, "expected a name of at most 15 bytes");
    return std::string(text);
}

Result<std::string> encode_ports(const SockoptRow& row, std::string_view text)
{
    constexpr std::uint64_t most = 65535;
    const auto dash = text.find_first_of("-:");
    const auto low = parse_number(text.substr(0, dash), "port", 0, most);
    const auto high = dash == std::string_view::npos
                          ? Result<std::uint64_t>(Failure(Error{}))
                          : parse_number(text.substr(dash + 1), "port", 0, most);
    if (!low || !high)
        return bad_value(value_of(row), text, "expected LOW-HIGH, for example 40000-50000");
    return bytes_of(static_cast<std::uint32_t>(*low | *high << 16U));
}

template <class T>
Result<std::string> encode_integer(const SockoptRow& row, std::string_view text)
{
    return bytes_of(TRY(parse_integer<T>(row, text)));
}

Result<std::string> encode_by_codec(const SockoptRow& row, std::string_view text)
{
    switch (row.codec) {
    case Flag: return bytes_of(int{TRY(parse_flag(row, text))});
    case Unknown:
    case Int:
    case Descriptor:
    case Errno: return encode_integer<int>(row, text);
    case U32: return encode_integer<std::uint32_t>(row, text);
    case U64: return encode_integer<std::uint64_t>(row, text);
    case U16: return encode_integer<std::uint16_t>(row, text);
    case Interface: return bytes_of(TRY(parse_interface(row, text)));
    case InterfaceNet:
        return bytes_of(htonl(static_cast<std::uint32_t>(TRY(parse_interface(row, text)))));
    case Timeval: return encode_timeval(row, text);
    case Linger: return encode_linger(row, text);
    case Text: return encode_text(row, text);
    case PortRange: return encode_ports(row, text);
    case MulticastInterface:
    case Group4:
    case Group6:
    case Group:
    case Source4:
    case Source: return encode_multicast(row.codec, text, value_of(row));
    case Filter: return bad_value(value_of(row), text, "a program cannot be given as text");
    default: break;
    }
    if (const auto members = struct_members(row.codec); !members.empty())
        return encode_struct(members, text, value_of(row));
    return bad_value(value_of(row), text, "expected hex: and the bytes");
}

} // namespace

Result<std::string> encode_sockopt(const SockoptRow& row, std::string_view text)
{
    constexpr std::string_view raw = "hex:";
    if (text.starts_with(raw))
        return encode_hex(row, text.substr(raw.size()));
    return encode_by_codec(row, text);
}

} // namespace sockit
