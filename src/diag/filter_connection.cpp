#include "diag/filter_program.h"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>

namespace sockit {

namespace {

/// What the tests say of one end.
struct WantedEnd {
    const AddressPrefix* address = nullptr;
    std::optional<std::uint16_t> port;
};

bool is_whole(const AddressPrefix& prefix)
{
    constexpr unsigned byte_bits = 8;
    const auto size = prefix.family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    return prefix.length == size * byte_bits;
}

/// As a socket of the family has it: IPv4 in IPv6 clothes on one of IPv6.
std::optional<Endpoint> endpoint_of(const WantedEnd& end, int family)
{
    if (end.address == nullptr || !end.port || *end.port == 0)
        return std::nullopt;
    if (family == AF_INET) {
        in_addr address{};
        std::memcpy(&address, end.address->bytes.data(), sizeof address);
        return end.address->family == AF_INET ? std::optional(Endpoint::inet(address, *end.port))
                                              : std::nullopt;
    }
    in6_addr address{};
    if (end.address->family == AF_INET6) {
        std::memcpy(&address, end.address->bytes.data(), sizeof address);
        if (IN6_IS_ADDR_LINKLOCAL(&address)) // its device counts as well
            return std::nullopt;
    } else {
        constexpr std::uint8_t ones = 0xff;
        constexpr std::size_t before = 10; // zeros
        constexpr std::size_t v4_at = 12;
        address.s6_addr[before] = ones;
        address.s6_addr[before + 1] = ones;
        std::memcpy(&address.s6_addr[v4_at], end.address->bytes.data(), sizeof(in_addr));
    }
    return Endpoint::inet6(address, *end.port);
}

} // namespace

std::optional<SocketPair> only_connection(const Filter& filter, int family)
{
    std::array<WantedEnd, 2> ends;
    for (const auto& step : filter.steps) {
        if (const auto* join = std::get_if<FilterOperator>(&step)) {
            if (*join != FilterOperator::And)
                return std::nullopt;
        } else if (const auto* host = std::get_if<HostTest>(&step)) {
            auto& end = ends[host->end == SocketEnd::Local ? 0 : 1];
            if (host->addresses.size() == 1 && is_whole(host->addresses[0]))
                end.address = host->addresses.data();
            if (host->port)
                end.port = host->port;
        } else if (const auto* port = std::get_if<PortTest>(&step)) {
            if (port->comparison == Comparison::Equal)
                ends[port->end == SocketEnd::Local ? 0 : 1].port =
                    static_cast<std::uint16_t>(port->port);
        } else if (std::holds_alternative<MarkTest>(step) ||
                   std::holds_alternative<CgroupTest>(step) ||
                   std::holds_alternative<AutoboundTest>(step)) {
            return std::nullopt;
        }
    }
    const auto local = endpoint_of(ends[0], family);
    const auto peer = endpoint_of(ends[1], family);
    return local && peer ? std::optional(SocketPair{*local, *peer}) : std::nullopt;
}

} // namespace sockit
