#include "sock/protocol_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <strings.h>

namespace sockit {

namespace {

using NamedProtocol = std::pair<std::uint32_t, std::string_view>;

constexpr std::array netlink_protocols{
    NamedProtocol{NETLINK_ROUTE, "rtnl"},
    NamedProtocol{NETLINK_UNUSED, "unused"},
    NamedProtocol{NETLINK_USERSOCK, "usersock"},
    NamedProtocol{NETLINK_FIREWALL, "fw"},
    NamedProtocol{NETLINK_SOCK_DIAG, "tcpdiag"},
    NamedProtocol{NETLINK_NFLOG, "nflog"},
    NamedProtocol{NETLINK_XFRM, "xfrm"},
    NamedProtocol{NETLINK_SELINUX, "selinux"},
    NamedProtocol{NETLINK_ISCSI, "iscsi"},
    NamedProtocol{NETLINK_AUDIT, "audit"},
    NamedProtocol{NETLINK_FIB_LOOKUP, "fiblookup"},
    NamedProtocol{NETLINK_CONNECTOR, "connector"},
    NamedProtocol{NETLINK_NETFILTER, "nft"},
    NamedProtocol{NETLINK_IP6_FW, "ip6fw"},
    NamedProtocol{NETLINK_DNRTMSG, "dec-rt"},
    NamedProtocol{NETLINK_KOBJECT_UEVENT, "uevent"},
    NamedProtocol{NETLINK_GENERIC, "genl"},
    NamedProtocol{NETLINK_SCSITRANSPORT, "scsi-trans"},
    NamedProtocol{NETLINK_ECRYPTFS, "ecryptfs"},
    NamedProtocol{NETLINK_RDMA, "rdma"},
    NamedProtocol{NETLINK_CRYPTO, "crypto"},
    NamedProtocol{NETLINK_SMC, "smc"},
    // Words for what has a name above.
    NamedProtocol{NETLINK_ROUTE, "route"},
    NamedProtocol{NETLINK_SOCK_DIAG, "sock_diag"},
    NamedProtocol{NETLINK_NETFILTER, "netfilter"},
};

constexpr std::array ether_protocols{
    NamedProtocol{ETH_P_ALL, "*"},
    NamedProtocol{ETH_P_802_3, "802_3"},
    NamedProtocol{ETH_P_802_2, "802_2"},
    NamedProtocol{ETH_P_AX25, "AX25"},
    NamedProtocol{ETH_P_SNAP, "SNAP"},
    NamedProtocol{ETH_P_CONTROL, "CONTROL"},
    NamedProtocol{ETH_P_IP, "ip"},
    NamedProtocol{ETH_P_IPV6, "ipv6"},
    NamedProtocol{ETH_P_ARP, "ARP"},
    NamedProtocol{ETH_P_RARP, "RARP"},
    NamedProtocol{ETH_P_X25, "X25"},
    NamedProtocol{ETH_P_IPX, "IPX"},
    NamedProtocol{ETH_P_ATALK, "ATALK"},
    NamedProtocol{ETH_P_AARP, "AARP"},
    NamedProtocol{ETH_P_8021Q, "802.1Q"},
    NamedProtocol{ETH_P_8021AD, "802.1ad"},
    NamedProtocol{ETH_P_MPLS_UC, "MPLS_UC"},
    NamedProtocol{ETH_P_MPLS_MC, "MPLS_MC"},
    NamedProtocol{ETH_P_PPP_DISC, "PPP_DISC"},
    NamedProtocol{ETH_P_PPP_SES, "PPP_SES"},
    NamedProtocol{ETH_P_AOE, "AOE"},
    NamedProtocol{ETH_P_TIPC, "TIPC"},
    NamedProtocol{ETH_P_TEB, "TEB"},
    NamedProtocol{ETH_P_LLDP, "LLDP"},
    NamedProtocol{ETH_P_ETHERCAT, "ETHERCAT"},
    NamedProtocol{ETH_P_PROFINET, "PROFINET"},
    NamedProtocol{ETH_P_PAE, "PAE"},
    NamedProtocol{ETH_P_LOOP, "LOOP"},
    NamedProtocol{ETH_P_ALL, "all"},
};

std::string_view protocol_name(std::span<const NamedProtocol> names, std::uint32_t number)
{
    const auto found = std::ranges::find(names, number, &NamedProtocol::first);
    return found != names.end() ? found->second : std::string_view();
}

std::optional<std::uint32_t> protocol_number(std::span<const NamedProtocol> names,
                                             std::string_view text)
{
    const auto found = std::ranges::find_if(names, [&](const NamedProtocol& protocol) {
        return protocol.second.size() == text.size() &&
               ::strncasecmp(protocol.second.data(), text.data(), text.size()) == 0;
    });
    return found != names.end() ? std::optional(found->first) : std::nullopt;
}

} // namespace

std::optional<std::uint32_t> netlink_protocol_number(std::string_view name)
{
    return protocol_number(netlink_protocols, name);
}

std::optional<std::uint32_t> ether_protocol_number(std::string_view name)
{
    return protocol_number(ether_protocols, name);
}

std::string_view netlink_protocol_name(std::uint32_t number)
{
    return protocol_name(netlink_protocols, number);
}

std::string_view ether_protocol_name(std::uint32_t number)
{
    return protocol_name(ether_protocols, number);
}

std::string ip_protocol_name(std::uint32_t number)
{
    std::array<char, 1024> buffer{};
    protoent entry{};
    protoent* found = nullptr;
    if (::getprotobynumber_r(static_cast<int>(number), &entry, buffer.data(), buffer.size(),
                             &found) == 0 &&
        found != nullptr)
        return found->p_name;
    return "ipproto-" + std::to_string(number);
}

} // namespace sockit
