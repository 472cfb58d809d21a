#include "op/port_names.h"

#include "base/fd.h"
#include "diag/process_walk.h"
#include "sock/protocol_names.h"

#include <fcntl.h>

namespace sockit {

std::string PortNames::name_of(const SocketInfo& info, const Endpoint& endpoint)
{
    const auto port = endpoint.port();
    if (info.family == AF_NETLINK) // of a process that may have other ids in another namespace
        return port == 0 || !info.netns ? process_name(port) : std::string();
    if (!endpoint.is_inet())
        return {};
    if (info.netid == "raw")
        return port != 0 ? ip_protocol_name(port) : std::string();
    const auto protocol =
        info.netid == "udp" ? ServiceNames::Protocol::Udp : ServiceNames::Protocol::Tcp;
    return std::string(m_services.name_of(protocol, static_cast<std::uint16_t>(port)));
}

const std::string& PortNames::process_name(std::uint32_t port)
{
    const auto [entry, added] = m_processes.try_emplace(port);
    if (!added)
        return entry->second;
    if (port == 0) {
        entry->second = "kernel";
        return entry->second;
    }
    const Fd proc(::open(m_proc_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto pid = std::to_string(port);
    if (const auto comm = read_comm(proc.ref(), pid); !comm.empty())
        entry->second = comm + "/" + pid;
    return entry->second;
}

} // namespace sockit
