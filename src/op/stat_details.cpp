#include "op/stat_details.h"

#include <algorithm>

namespace sockit {

namespace {

/// A process's first thread has its number.
void name_first_threads(std::optional<std::vector<SocketOwner>>& owners)
{
    if (!owners)
        return;
    for (auto& owner : *owners)
        owner.tid = owner.tid.value_or(owner.pid);
}

} // namespace

void StatDetails::want_names(const SocketInfo& info)
{
    if (!m_plan.view.names)
        return;
    m_hosts.want(info.local);
    if (info.peer)
        m_hosts.want(*info.peer);
}

std::size_t StatDetails::look_up_names()
{
    return m_plan.view.names ? m_hosts.look_up(Deadline::after(m_plan.names_limit)) : 0;
}

void StatDetails::complete(StatSocket& socket)
{
    if (m_plan.services) {
        const auto& info = socket.info;
        socket.local_service = m_ports.name_of(info, info.local);
        socket.peer_service = info.peer ? m_ports.name_of(info, *info.peer) : "";
    }
    if (m_plan.view.names) {
        socket.local_name = m_hosts.name_of(socket.info.local);
        socket.peer_name = socket.info.peer ? m_hosts.name_of(*socket.info.peer) : "";
    }
    if (m_plan.view.users)
        socket.user = socket.info.uid ? m_users.name_of(*socket.info.uid) : "";
    // Who has a number now is not who had it when the sockets were saved.
    if (m_plan.view.commands && m_plan.source != StatSource::Saved)
        add_processes(socket);
    if (m_plan.view.threads) {
        name_first_threads(socket.info.processes);
        name_first_threads(socket.info.peer_processes);
    }
}

void StatDetails::add_processes(StatSocket& socket)
{
    socket.processes.clear();
    if (!socket.info.processes)
        return;
    socket.time = std::chrono::system_clock::now();
    for (const auto& owner : *socket.info.processes) {
        if (std::ranges::find(socket.processes, owner.pid, &StatProcess::pid) !=
            socket.processes.end())
            continue;
        const auto [known, is_new] = m_processes.try_emplace(owner.pid);
        if (is_new) {
            auto details = m_process_details.read(owner.pid);
            known->second = {owner.pid, std::move(details.command), details.started};
        }
        socket.processes.push_back(known->second);
    }
}

} // namespace sockit
