#include "op/stat_queries.h"

namespace sockit {

namespace {

constexpr StateMask listening = state_bit(SocketState::Listen);
constexpr StateMask unconnected = state_bit(SocketState::Close);
/// ss's idea of connected: neither waiting for clients, nor for the end, nor half open.
constexpr StateMask connected =
    all_states & ~(listening | unconnected | state_bit(SocketState::TimeWait) |
                   state_bit(SocketState::SynRecv) | state_bit(SocketState::NewSynRecv));

StateMask states_of(SocketProtocol protocol, StatSelection selection)
{
    switch (selection) {
    case StatSelection::Overview:
    case StatSelection::All: return all_states;
    case StatSelection::Listening:
        // Unconnected TCP sockets are on no list; not to ask for them spares the kernel the walk
        // over all connections.
        return protocol == SocketProtocol::Tcp ? listening : listening | unconnected;
    case StatSelection::Connected:
    case StatSelection::None: break;
    }
    return connected;
}

} // namespace

std::vector<SocketQuery> stat_queries(const StatPlan& plan)
{
    std::vector<SocketQuery> queries;
    if (plan.selection == StatSelection::None)
        return queries;
    const auto add = [&](SocketProtocol protocol, int family) {
        queries.push_back({.protocol = protocol,
                           .family = family,
                           .states = states_of(protocol, plan.selection),
                           .tcp_info = plan.view.tcp_info,
                           .memory = plan.view.memory,
                           .cgroup = plan.view.extended});
    };
    if (plan.local)
        add(SocketProtocol::Unix, AF_UNIX);
    for (const auto protocol : {SocketProtocol::Udp, SocketProtocol::Tcp}) {
        if (protocol == SocketProtocol::Udp ? !plan.udp : !plan.tcp)
            continue;
        if (plan.v4)
            add(protocol, AF_INET);
        if (plan.v6)
            add(protocol, AF_INET6);
    }
    return queries;
}

bool answers(const SocketQuery& query, const SocketInfo& info)
{
    if ((query.states & state_bit(info.state)) == 0)
        return false;
    switch (query.protocol) {
    case SocketProtocol::Tcp: return info.netid == "tcp" && info.family == query.family;
    case SocketProtocol::Udp: return info.netid == "udp" && info.family == query.family;
    case SocketProtocol::Unix: return info.family == AF_UNIX;
    }
    return false;
}

bool awaits_clients(const SocketInfo& info)
{
    if (info.state != SocketState::Close)
        return info.state == SocketState::Listen;
    if (info.family == AF_UNIX)
        return info.netid == "u_dgr" && !info.local.unix_name().empty();
    return info.local.port() != 0;
}

} // namespace sockit
