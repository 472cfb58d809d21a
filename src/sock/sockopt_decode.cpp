#include "sock/sockopt_bytes.h"
#include "sock/sockopt_codec.h"
#include "sock/sockopt_composite.h"
#include "sock/sockopt_struct.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <type_traits>

#include <arpa/inet.h>

namespace sockit {

namespace {

using enum SockoptCodec;

/// Bytes that are too few for their codec.
SockoptValue undecoded(std::string_view bytes) { return {SockoptBytes{std::string(bytes)}}; }

template <class T>
SockoptValue decode_integer(std::string_view bytes)
{
    using Wide = std::conditional_t<std::numeric_limits<T>::is_signed, std::int64_t, std::uint64_t>;
    const auto value = load<T>(bytes);
    return value ? SockoptValue{Wide{*value}} : undecoded(bytes);
}

SockoptValue decode_cookie(std::string_view bytes)
{
    const auto value = load<std::uint64_t>(bytes);
    if (!value)
        return undecoded(bytes);
    std::array<char, 16> digits{};
    constexpr int hexadecimal = 16;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), *value, hexadecimal).ptr;
    return {std::string(digits.data(), end)};
}

SockoptValue decode_timeval(std::string_view bytes)
{
    const auto value = load<WideTimeval>(bytes);
    if (!value)
        return undecoded(bytes);
    constexpr auto most = std::numeric_limits<std::int64_t>::max() / WideTimeval::second - 1;
    return {Duration(std::clamp(value->seconds, -most, most) * WideTimeval::second +
                     value->microseconds % (WideTimeval::second / WideTimeval::microsecond) *
                         WideTimeval::microsecond)};
}

SockoptValue decode_linger(std::string_view bytes)
{
    const auto value = load<LingerPair>(bytes);
    if (!value)
        return undecoded(bytes);
    return {SockoptValue::Fields{{"on", {value->on != 0}},
                                 {"seconds", {std::int64_t{value->seconds}}}}};
}

SockoptValue decode_list(std::string_view bytes)
{
    SockoptValue::List list;
    for (; bytes.size() >= sizeof(std::uint32_t); bytes.remove_prefix(sizeof(std::uint32_t)))
        list.emplace_back().data = std::uint64_t{*load<std::uint32_t>(bytes)};
    return {std::move(list)};
}

SockoptValue decode_bitmap(std::string_view bytes)
{
    constexpr std::uint64_t bits = 32;
    SockoptValue::List groups;
    for (std::uint64_t word = 0; bytes.size() >= sizeof(std::uint32_t);
         bytes.remove_prefix(sizeof(std::uint32_t)), ++word)
        for (std::uint64_t bit = 0; bit < bits; ++bit)
            if ((*load<std::uint32_t>(bytes) >> bit & 1U) != 0)
                groups.emplace_back().data = word * bits + bit + 1;
    return {std::move(groups)};
}

SockoptValue decode_ports(std::string_view bytes)
{
    const auto value = load<std::uint32_t>(bytes);
    if (!value)
        return undecoded(bytes);
    return {SockoptValue::Fields{{"low", {std::uint64_t{*value & 0xffffU}}},
                                 {"high", {std::uint64_t{*value >> 16U}}}}};
}

/// An option that is not in the table.
SockoptValue decode_unknown(std::string_view bytes)
{
    if (bytes.size() == sizeof(int))
        return decode_integer<int>(bytes);
    return undecoded(bytes);
}

SockoptValue decode_members(const SockoptRow& row, std::string_view bytes)
{
    // Other algorithms have structs of other lengths.
    constexpr std::size_t bbr_length = 20;
    if (row.codec == CongestionInfo && bytes.size() != bbr_length)
        return undecoded(bytes);
    auto fields = decode_struct(struct_members(row.codec), bytes);
    if (fields.empty() && !bytes.empty())
        return undecoded(bytes);
    return {std::move(fields)};
}

} // namespace

SockoptValue decode_sockopt(const SockoptRow& row, std::string_view bytes)
{
    switch (row.codec) {
    case Unknown: return decode_unknown(bytes);
    case Flag: {
        const auto value = load<int>(bytes);
        return value ? SockoptValue{*value != 0} : undecoded(bytes);
    }
    case Int:
    case Descriptor:
    case Errno:
    case Interface:
    case Filter: return decode_integer<int>(bytes);
    case InterfaceNet: {
        const auto value = load<std::uint32_t>(bytes);
        return value ? SockoptValue{std::int64_t{ntohl(*value)}} : undecoded(bytes);
    }
    case U32: return decode_integer<std::uint32_t>(bytes);
    case U64: return decode_integer<std::uint64_t>(bytes);
    case Cookie: return decode_cookie(bytes);
    case U16: return decode_integer<std::uint16_t>(bytes);
    case Timeval: return decode_timeval(bytes);
    case Linger: return decode_linger(bytes);
    case Text: return {std::string(bytes.substr(0, bytes.find('\0')))};
    case PortRange: return decode_ports(bytes);
    case U32List: return decode_list(bytes);
    case GroupBitmap: return decode_bitmap(bytes);
    case MulticastInterface:
    case Address:
    case MtuInfo:
    case TcpInfo:
    case MptcpTcpInfo:
    case MptcpAddresses:
    case MptcpFullInfo: return decode_composite(row.codec, bytes);
    default: break;
    }
    if (!struct_members(row.codec).empty())
        return decode_members(row, bytes);
    return undecoded(bytes);
}

} // namespace sockit
