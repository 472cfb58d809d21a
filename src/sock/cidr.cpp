#include "sock/cidr.h"

#include "base/parse.h"

#include <algorithm>
#include <cstring>

namespace sockit {

namespace {

constexpr unsigned v4_bits = 32;
constexpr unsigned v6_bits = 128;
constexpr unsigned mapped_bits = 96; ///< of ::ffff:0:0, before the IPv4 address

} // namespace

Result<Cidr> Cidr::parse(std::string_view text, std::string_view what)
{
    const auto slash = text.find('/');
    auto address = Endpoint::from_literal(text.substr(0, slash), 0);
    if (!address)
        return bad_value(what, text, "expected an IPv4 or IPv6 address, or ADDRESS/LENGTH");
    const unsigned bits = address->family() == AF_INET ? v4_bits : v6_bits;
    unsigned length = bits;
    if (slash != std::string_view::npos) {
        const auto number = parse_number(text.substr(slash + 1), what, 0, bits);
        if (!number)
            return bad_value(what, text, "the prefix has 0 to " + std::to_string(bits) + " bits");
        length = static_cast<unsigned>(*number);
    }
    if (address->unmapped().family() != address->family() && length >= mapped_bits) {
        address = address->unmapped();
        length -= mapped_bits;
    }
    return Cidr(address->family(), bytes_of(*address), length);
}

Cidr::Cidr(int family, const Bytes& address, unsigned length)
    : m_family(family), m_length(length), m_prefix(masked(address, length))
{}

bool Cidr::contains(const Endpoint& endpoint) const
{
    const Endpoint plain = endpoint.unmapped();
    return plain.family() == m_family && masked(bytes_of(plain), m_length) == m_prefix;
}

Cidr::Bytes Cidr::bytes_of(const Endpoint& endpoint)
{
    Bytes bytes{};
    if (endpoint.family() == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, endpoint.data(), sizeof address);
        std::memcpy(bytes.data(), &address.sin_addr, sizeof address.sin_addr);
    } else {
        sockaddr_in6 address{};
        std::memcpy(&address, endpoint.data(), sizeof address);
        std::memcpy(bytes.data(), &address.sin6_addr, sizeof address.sin6_addr);
    }
    return bytes;
}

Cidr::Bytes Cidr::masked(Bytes address, unsigned length)
{
    constexpr unsigned byte_bits = 8;
    for (unsigned i = 0; i < address.size(); ++i) {
        const unsigned before = i * byte_bits;
        const unsigned kept = length > before ? std::min(length - before, byte_bits) : 0;
        address[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
    }
    return address;
}

bool AccessRules::admits(const Endpoint& peer) const
{
    const auto has_peer = [&](const Cidr& range) { return range.contains(peer); };
    return (allow.empty() || std::ranges::any_of(allow, has_peer)) &&
           std::ranges::none_of(deny, has_peer);
}

} // namespace sockit
