#include "diag/filter_value.h"

#include <algorithm>

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <strings.h>

namespace sockit {

namespace {

struct NamedProtocol {
    const char* name;
    std::uint32_t number;
};

constexpr std::array ethernet_protocols{
    NamedProtocol{"all", ETH_P_ALL},         NamedProtocol{"ip", ETH_P_IP},
    NamedProtocol{"arp", ETH_P_ARP},         NamedProtocol{"rarp", ETH_P_RARP},
    NamedProtocol{"ipv6", ETH_P_IPV6},       NamedProtocol{"802.1q", ETH_P_8021Q},
    NamedProtocol{"802.1ad", ETH_P_8021AD},  NamedProtocol{"ppp_disc", ETH_P_PPP_DISC},
    NamedProtocol{"ppp_ses", ETH_P_PPP_SES}, NamedProtocol{"mpls_uc", ETH_P_MPLS_UC},
    NamedProtocol{"mpls_mc", ETH_P_MPLS_MC}, NamedProtocol{"pae", ETH_P_PAE},
    NamedProtocol{"lldp", ETH_P_LLDP},       NamedProtocol{"loop", ETH_P_LOOP},
};

constexpr std::array netlink_protocols{
    NamedProtocol{"rtnl", NETLINK_ROUTE},
    NamedProtocol{"route", NETLINK_ROUTE},
    NamedProtocol{"usersock", NETLINK_USERSOCK},
    NamedProtocol{"fw", NETLINK_FIREWALL},
    NamedProtocol{"tcpdiag", NETLINK_SOCK_DIAG},
    NamedProtocol{"sock_diag", NETLINK_SOCK_DIAG},
    NamedProtocol{"nflog", NETLINK_NFLOG},
    NamedProtocol{"xfrm", NETLINK_XFRM},
    NamedProtocol{"selinux", NETLINK_SELINUX},
    NamedProtocol{"iscsi", NETLINK_ISCSI},
    NamedProtocol{"audit", NETLINK_AUDIT},
    NamedProtocol{"fiblookup", NETLINK_FIB_LOOKUP},
    NamedProtocol{"connector", NETLINK_CONNECTOR},
    NamedProtocol{"nft", NETLINK_NETFILTER},
    NamedProtocol{"netfilter", NETLINK_NETFILTER},
    NamedProtocol{"ip6fw", NETLINK_IP6_FW},
    NamedProtocol{"dec-rt", NETLINK_DNRTMSG},
    NamedProtocol{"uevent", NETLINK_KOBJECT_UEVENT},
    NamedProtocol{"genl", NETLINK_GENERIC},
    NamedProtocol{"scsi-trans", NETLINK_SCSITRANSPORT},
    NamedProtocol{"ecryptfs", NETLINK_ECRYPTFS},
    NamedProtocol{"rdma", NETLINK_RDMA},
    NamedProtocol{"crypto", NETLINK_CRYPTO},
};

template <class Table>
std::optional<std::uint32_t> find_protocol(const Table& table, std::string_view text,
                                           std::uint64_t most)
{
    const std::string name(text);
    const auto found = std::ranges::find_if(table, [&](const NamedProtocol& protocol) {
        return ::strcasecmp(protocol.name, name.c_str()) == 0;
    });
    if (found != table.end())
        return found->number;
    const auto number = parse_filter_number(text, most);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

} // namespace

std::optional<std::uint32_t> ethernet_protocol(std::string_view text)
{
    constexpr std::uint64_t most = 0xffff;
    return find_protocol(ethernet_protocols, text, most);
}

std::optional<std::uint32_t> netlink_protocol(std::string_view text)
{
    constexpr std::uint64_t most = 255;
    return find_protocol(netlink_protocols, text, most);
}

} // namespace sockit
