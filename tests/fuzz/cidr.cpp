#include "sock/cidr.h"

#include "fuzz.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

// Ranges of addresses: which ones a server lets in.

namespace sockit::fuzz {

namespace {

/// As 16 bytes, IPv4 in IPv6 clothes.
std::array<std::uint8_t, 16> bytes_of(const Endpoint& endpoint)
{
    std::array<std::uint8_t, 16> bytes{};
    if (endpoint.family() == AF_INET) {
        const auto& in = *reinterpret_cast<const sockaddr_in*>(endpoint.data());
        bytes[10] = bytes[11] = 0xff;
        std::memcpy(&bytes[12], &in.sin_addr, sizeof in.sin_addr);
    } else {
        const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(endpoint.data());
        std::memcpy(bytes.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    }
    return bytes;
}

/// How many bits at their begin are the same.
unsigned common_bits(const Endpoint& a, const Endpoint& b)
{
    const auto left = bytes_of(a);
    const auto right = bytes_of(b);
    unsigned same = 0;
    while (same < 128 && ((left[same / 8] ^ right[same / 8]) >> (7 - same % 8) & 1) == 0)
        ++same;
    return same;
}

} // namespace

/// `RANGE ADDRESS`: whether the one holds the other, told bit by bit.
void look_at(std::string_view text)
{
    const auto space = std::min(text.find(' '), text.size());
    const auto range = text.substr(0, space);
    const auto cidr = Cidr::parse(range, "a range");
    if (!cidr)
        return;
    const auto slash = std::min(range.find('/'), range.size());
    const auto first = Endpoint::from_literal(range.substr(0, slash), 0);
    must(first.has_value());
    unsigned length = first->family() == AF_INET ? 32 : 128;
    if (slash < range.size())
        std::from_chars(range.data() + slash + 1, range.data() + range.size(), length);
    if (first->family() == AF_INET)
        length += 96;
    must(length <= 128);
    if (length < 96 && first->unmapped().family() != first->family())
        return; // more than ::ffff:0:0/96: a range of IPv6, which has no IPv4 in it
    must(cidr->contains(*first));
    must(!cidr->contains(Endpoint::unix_unnamed()));
    const auto other = Endpoint::from_literal(text.substr(std::min(space + 1, text.size())), 80);
    // IPv4 is a family of its own, however short a prefix of IPv6 is.
    if (other && (first->unmapped().family() == other->unmapped().family()))
        must(cidr->contains(*other) == (common_bits(*first, *other) >= length));
}

} // namespace sockit::fuzz
