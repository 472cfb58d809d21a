#pragma once

#include "base/result.h"
#include "sock/endpoint.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sockit {

/// A range of addresses that begin with the same bits (RFC 4632).
class Cidr {
public:
    /// `ADDR/LENGTH`, or an address for itself alone; bits after the prefix do not count. A range
    /// within ::ffff:0:0/96 is one of IPv4. Anything else is a usage error; `what` names the value
    /// in it.
    static Result<Cidr> parse(std::string_view text, std::string_view what);

    /// An IPv4 address in IPv6 clothes is an IPv4 address. Endpoints without one are in no range.
    [[nodiscard]] bool contains(const Endpoint& endpoint) const;

    bool operator==(const Cidr&) const = default;

private:
    static constexpr std::size_t longest = 16;
    using Bytes = std::array<std::uint8_t, longest>;

    Cidr(int family, const Bytes& address, unsigned length);
    static Bytes bytes_of(const Endpoint& endpoint);
    /// The first `length` bits; the others are 0.
    static Bytes masked(Bytes address, unsigned length);

    int m_family;
    unsigned m_length; ///< of the prefix, in bits
    Bytes m_prefix;
};

/// Who may connect.
struct AccessRules {
    std::vector<Cidr> allow; ///< if there are any, nobody else may
    std::vector<Cidr> deny;  ///< and none of these, even if allowed

    [[nodiscard]] bool admits(const Endpoint& peer) const;
    bool operator==(const AccessRules&) const = default;
};

} // namespace sockit
