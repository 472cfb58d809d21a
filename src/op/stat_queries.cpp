#include "op/stat_queries.h"

#include "diag/common_fields.h"

namespace sockit {

namespace {

constexpr StateMask listening = state_bit(SocketState::Listen);
constexpr StateMask unconnected = state_bit(SocketState::Close);
/// ss's idea of connected: neither waiting for clients, nor for the end, nor half open.
constexpr StateMask connected =
    all_states & ~(listening | unconnected | state_bit(SocketState::TimeWait) |
                   state_bit(SocketState::SynRecv) | state_bit(SocketState::NewSynRecv));

bool is_stream(SocketProtocol protocol)
{
    return protocol == SocketProtocol::Tcp || protocol == SocketProtocol::Mptcp;
}

StateMask states_of(SocketProtocol protocol, StatSelection selection)
{
    switch (selection) {
    case StatSelection::Overview:
    case StatSelection::All: return all_states;
    case StatSelection::Listening:
        // Unconnected TCP sockets are on no list; not to ask for them spares the kernel the walk
        // over all connections.
        return is_stream(protocol) ? listening : listening | unconnected;
    case StatSelection::BoundInactive:
    case StatSelection::None: return 0;
    case StatSelection::Connected: break;
    }
    // These have no other state.
    return protocol == SocketProtocol::Packet || protocol == SocketProtocol::Netlink ? unconnected
                                                                                     : connected;
}

SocketQuery query_for(const StatPlan& plan, SocketProtocol protocol, int family)
{
    SocketQuery query{.protocol = protocol,
                      .family = family,
                      .states = states_of(protocol, plan.selection),
                      .tcp_info = plan.view.tcp_info,
                      .memory = plan.view.memory,
                      .cgroup = plan.view.extended || plan.view.cgroup,
                      .type_of_service = plan.view.type_of_service};
    if (protocol == SocketProtocol::Tcp &&
        (plan.bound_inactive || plan.selection == StatSelection::BoundInactive))
        query.states |= state_bit(SocketState::BoundInactive);
    return query;
}

} // namespace

std::vector<SocketQuery> stat_queries(const StatPlan& plan)
{
    std::vector<SocketQuery> queries;
    const auto add = [&](bool wanted, SocketProtocol protocol, int family,
                         std::uint32_t types = 0) {
        if (!wanted)
            return;
        auto query = query_for(plan, protocol, family);
        query.socket_types = types;
        if (query.states != 0)
            queries.push_back(query);
    };
    const auto add_inet = [&](bool wanted, SocketProtocol protocol) {
        add(wanted && plan.v4, protocol, AF_INET);
        add(wanted && plan.v6, protocol, AF_INET6);
    };
    add(plan.netlink, SocketProtocol::Netlink, AF_NETLINK);
    add(plan.packet, SocketProtocol::Packet, AF_PACKET, plan.packet_types);
    add(plan.local, SocketProtocol::Unix, AF_UNIX, plan.local_types);
    add_inet(plan.raw, SocketProtocol::Raw);
    add_inet(plan.udp, SocketProtocol::Udp);
    add_inet(plan.tcp, SocketProtocol::Tcp);
    add_inet(plan.mptcp, SocketProtocol::Mptcp);
    add(plan.vsock, SocketProtocol::Vsock, AF_VSOCK, plan.vsock_types);
    return queries;
}

bool answers(const SocketQuery& query, const SocketInfo& info)
{
    if ((query.states & state_bit(info.state)) == 0)
        return false;
    if (info.family != query.family || !has_wanted_type(info, query))
        return false;
    const auto netid = inet_netid(query.protocol);
    return netid.empty() || info.netid == netid;
}

bool awaits_clients(const SocketInfo& info)
{
    if (info.state != SocketState::Close)
        return info.state == SocketState::Listen;
    if (info.family == AF_UNIX)
        return info.netid == "u_dgr" && !info.local.unix_name().empty();
    return info.netid == "udp" && info.local.port() != 0;
}

} // namespace sockit
