#include "report/socket_endpoint.h"

#include "base/escape.h"
#include "sock/protocol_names.h"

#include <linux/if_ether.h>

namespace sockit {

namespace {

std::string_view protocol_name_of(const SocketInfo& info)
{
    const auto number = info.protocol.value_or(0);
    return info.family == AF_PACKET ? ether_protocol_name(number) : netlink_protocol_name(number);
}

/// The protocol of a packet or netlink socket as ss has it in its table.
std::string protocol_cell(const SocketInfo& info)
{
    const auto name = protocol_name_of(info);
    if (!name.empty())
        return std::string(name);
    const auto number = std::to_string(info.protocol.value_or(0));
    return info.family == AF_PACKET ? "[" + number + "]" : number;
}

void append_inet_address(std::string& out, const SocketInfo& info, const Endpoint& endpoint,
                         std::string_view name)
{
    // An IPv6 wildcard that takes IPv4 too is every address there is.
    if (!name.empty()) {
        out += escape(name);
    } else if (endpoint.family() == AF_INET) {
        out += endpoint.address();
    } else if (info.v6only == false && endpoint.is_wildcard()) {
        out += '*';
    } else {
        out += '[';
        out += endpoint.address();
        out += ']';
    }
    if (const auto interface = interface_text(info); !interface.empty()) {
        out += '%';
        out += escape(interface);
    }
}

void append_number_or_star(std::string& out, std::uint32_t number, std::uint32_t star)
{
    if (number == star)
        out += '*';
    else
        out += std::to_string(number);
}

} // namespace

std::string interface_text(const SocketInfo& info)
{
    if (!info.interface_name.empty() || info.interface == 0)
        return info.interface_name;
    return std::to_string(info.interface);
}

std::string socket_protocol_text(const SocketInfo& info)
{
    if (info.family == AF_PACKET && info.protocol == ETH_P_ALL)
        return "all";
    const auto name = protocol_name_of(info);
    return name.empty() ? std::to_string(info.protocol.value_or(0)) : std::string(name);
}

void add_socket_endpoint(Fields& fields, std::string_view key, const SocketInfo& info,
                         const Endpoint& endpoint)
{
    switch (endpoint.family()) {
    case AF_PACKET:
        fields.begin_object(key);
        fields.add("family", "packet");
        fields.add("protocol", socket_protocol_text(info));
        if (const auto interface = interface_text(info); !interface.empty())
            fields.add("interface", interface);
        fields.end_object();
        break;
    case AF_NETLINK:
        fields.begin_object(key);
        fields.add("family", "netlink");
        fields.add("protocol", socket_protocol_text(info));
        fields.add("port", endpoint.port());
        fields.end_object();
        break;
    case AF_INET6:
        if (endpoint.scope_id() != 0 && endpoint.scope_id() == info.interface) {
            fields.add_scoped(key, endpoint, interface_text(info));
            break;
        }
        [[fallthrough]];
    default: fields.add(key, endpoint); break;
    }
}

void append_socket_endpoint(std::string& out, const SocketInfo& info, const Endpoint& endpoint,
                            std::string_view service, std::string_view name)
{
    constexpr std::uint32_t any_of_vsock = 0xffff'ffff; // VMADDR_CID_ANY, VMADDR_PORT_ANY
    switch (endpoint.family()) {
    case AF_PACKET:
        out += protocol_cell(info);
        out += ':';
        out += info.interface != 0 || !info.interface_name.empty() ? escape(interface_text(info))
                                                                   : "*";
        return;
    case AF_NETLINK:
        out += protocol_cell(info);
        out += ':';
        out += service.empty() ? std::to_string(endpoint.port()) : escape(service);
        return;
    case AF_VSOCK:
        append_number_or_star(out, endpoint.cid(), any_of_vsock);
        out += ':';
        append_number_or_star(out, endpoint.port(), any_of_vsock);
        return;
    default: break;
    }
    append_inet_address(out, info, endpoint, name);
    out += ':';
    if (service.empty())
        append_number_or_star(out, endpoint.port(), 0);
    else
        out += escape(service);
}

} // namespace sockit
