#pragma once

#include "sock/service_names.h"
#include "sock/socket_info.h"

#include <string>
#include <unordered_map>

namespace sockit {

/// Names of what stands in the place of a port: a service, the protocol of a raw socket, "kernel"
/// or "COMM/PID" for a netlink port, which by custom is the id of a process.
class PortNames {
public:
    explicit PortNames(std::string proc_root) : m_proc_root(std::move(proc_root)) {}

    /// For an end of the socket; empty: no name.
    std::string name_of(const SocketInfo& info, const Endpoint& endpoint);

private:
    const std::string& process_name(std::uint32_t port);

    std::string m_proc_root;
    ServiceNames m_services;
    std::unordered_map<std::uint32_t, std::string> m_processes;
};

} // namespace sockit
