#include "op/bind_refusal.h"

#include "op/bind_evidence.h"
#include "op/bind_text.h"
#include "sock/sysctl.h"

#include <cerrno>
#include <charconv>
#include <fstream>

namespace sockit {

namespace {

constexpr std::string_view first_free_port = "net.ipv4.ip_unprivileged_port_start";
constexpr std::string_view another_port = "bind another port";

BindRefusal forbidden(const BindWish& wish)
{
    const auto port = std::to_string(wish.address.port());
    const auto start = read_sysctl(first_free_port);
    if (start && wish.address.port() >= *start)
        return {.rule = "a security module or a filter of the control group forbids it: port " +
                        port + " needs no privilege",
                .cure = {"look for the refusal in the kernel's log or audit log",
                         std::string(another_port)}};
    constexpr std::int64_t usual_start = 1024;
    return {.rule = "port " + port + " needs CAP_NET_BIND_SERVICE: it is below " +
                    std::string(first_free_port) + " = " +
                    std::to_string(start.value_or(usual_start)),
            .cure = {"give the program the capability: setcap cap_net_bind_service=+ep PROGRAM",
                     "lower the limit: sysctl -w " + std::string(first_free_port) + "=" + port,
                     "bind a port from " + std::to_string(start.value_or(usual_start)) + " on"}};
}

BindRefusal not_available(const BindWish& wish)
{
    const bool v6 = wish.address.family() == AF_INET6;
    const std::string sysctl = v6 ? "net.ipv6.ip_nonlocal_bind" : "net.ipv4.ip_nonlocal_bind";
    const std::string option = v6 ? "IPV6_FREEBIND" : "IP_FREEBIND";
    auto rule = "no interface of this machine has the address " + wish.address.address();
    if (wish.interface != 0)
        rule = "the interface does not have the address " + wish.address.address();
    if (v6)
        rule += ", or it is still being checked for a duplicate (tentative)";
    return {.rule = rule,
            .cure = {"bind an address that ip addr lists, or the wildcard " +
                         std::string(v6 ? "::" : "0.0.0.0"),
                     "set " + option +
                         " before bind(), for an address that is yet to come "
                         "(--sockopt " +
                         option + "=1), or " + sysctl + "=1 for all sockets"}};
}

} // namespace

BindRefusal explain_refusal(const Error& error, const BindWish& wish)
{
    switch (error.code) {
    case EACCES: return forbidden(wish);
    case EPERM:
        return {.rule = "a filter of the control group or a sandbox forbids it", .cure = {}};
    case EADDRNOTAVAIL: return not_available(wish);
    case ENODEV:
        return {.rule = "there is no interface of that name in this network namespace",
                .cure = {"choose one that ip link lists"}};
    case EINVAL:
        return {
            .rule = "the address is not one that such a socket can have: a link-local one "
                    "needs its interface, TCP takes no IPv6 multicast",
            .cure = {"name the interface: [fe80::1%eth0]:" + std::to_string(wish.address.port())}};
    case EADDRINUSE:
        if (wish.address.port() == 0)
            return {.rule = "every port of net.ipv4.ip_local_port_range is taken",
                    .cure = {"widen the range", "name a port outside it"}};
        return {.rule = "the port is taken, by a socket that the kernel's lists do not show (bound "
                        "without listening, before Linux 6.8), or that has gone meanwhile",
                .cure = {"try again", std::string(another_port)}};
    default: return {};
    }
}

std::string bind_hint(const Socket& socket, const Endpoint& address, const Error& error)
{
    if (!address.is_inet())
        return {};
    const auto wish = bind_wish(socket, address);
    if (error.code != EADDRINUSE)
        return explain_refusal(error, wish).rule;
    const auto holders = find_bind_holders(wish);
    if (!holders)
        return {};
    const auto* worst = worst_holder(*holders, wish);
    return worst != nullptr ? blocking_rule(*worst, wish) : explain_refusal(error, wish).rule;
}

bool is_in_port_list(std::string_view list, std::uint32_t port)
{
    const auto number = [](std::string_view text) {
        std::uint32_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto part = list.substr(0, comma);
        const auto dash = part.find('-');
        const auto low = number(part);
        const auto high = dash == std::string_view::npos ? low : number(part.substr(dash + 1));
        if (low != 0 && low <= port && port <= high)
            return true;
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return false;
}

std::vector<std::string> port_notes(std::uint32_t port)
{
    std::ifstream in("/proc/sys/net/ipv4/ip_local_reserved_ports");
    std::string list;
    std::getline(in, list);
    if (!is_in_port_list(list, port))
        return {};
    return {"port " + std::to_string(port) +
            " is in net.ipv4.ip_local_reserved_ports: the kernel chooses it for nobody, but who "
            "names it may have it"};
}

} // namespace sockit
