#include "op/stat_show.h"

#include "base/escape.h"

namespace sockit {

StatShow::StatShow(const StatPlan& plan, const Emit& emit) : m_plan(plan), m_emit(emit)
{
    m_socket.view = plan.shown.value_or(plan.view);
}

void StatShow::name_ports(StatSocket& socket)
{
    const auto& info = socket.info;
    if (!m_plan.services || info.family == AF_UNIX)
        return;
    const auto protocol =
        info.netid == "udp" ? ServiceNames::Protocol::Udp : ServiceNames::Protocol::Tcp;
    const auto name = [&](const Endpoint& endpoint) {
        return m_services.name_of(protocol, static_cast<std::uint16_t>(endpoint.port()));
    };
    socket.local_service = name(info.local);
    socket.peer_service = info.peer ? name(*info.peer) : "";
}

void count_socket(std::vector<StatCount>& counts, const SocketInfo& info)
{
    for (auto& count : counts) {
        if (count.state == info.state && count.netid == info.netid) {
            ++count.sockets;
            return;
        }
    }
    counts.push_back({info.netid, info.state, 1});
}

bool StatShow::show()
{
    name_ports(m_socket);
    const auto& info = m_socket.info;
    const bool more = m_emit(m_socket);
    if (more && is_accept_queue_full(info) == true)
        return m_emit(Warning{"the accept queue of " + escape(info.local.text()) +
                                  " is full: " + std::to_string(*info.accept_length) +
                                  " wait, limit " + std::to_string(*info.accept_limit),
                              std::nullopt});
    return more;
}

} // namespace sockit
