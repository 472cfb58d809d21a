#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

// Names of protocols as ss prints them. Empty: no name.

/// Of a NETLINK_*: "rtnl", "genl", …
std::string_view netlink_protocol_name(std::uint32_t number);

/// Of an ETH_P_* in host order: "ip", "ARP", "LLDP", …; "*" for ETH_P_ALL.
std::string_view ether_protocol_name(std::uint32_t number);

/// The other way round, in any case; some have a second name ("route" for "rtnl").
std::optional<std::uint32_t> netlink_protocol_number(std::string_view name);
std::optional<std::uint32_t> ether_protocol_number(std::string_view name);

/// Of an IPPROTO_* (protocols(5)): "icmp", "ipproto-200" for one that has none.
std::string ip_protocol_name(std::uint32_t number);

} // namespace sockit
