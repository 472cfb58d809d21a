#include "op/stat_source.h"

#include <cerrno>

namespace sockit {

namespace {

/// Whether /proc/net may still know: sock_diag has no such list, or a sandbox keeps us from it.
bool worth_another_try(const Error& error)
{
    return error.domain == Domain::Unsupported || error.code == EPERM || error.code == EACCES;
}

} // namespace

void SocketSource::moved(const std::string& proc_root)
{
    m_proc_net = ProcNet(proc_root);
    m_interfaces = InterfaceNames();
}

Result<std::uint64_t> SocketSource::dump(const SocketQuery& query, SocketInfo& info,
                                         const SocketVisitor& visit)
{
    return read(query, info, [&](const SocketInfo& row) {
        if (row.interface != 0 && m_of_this_host)
            info.interface_name = m_interfaces.name_of(row.interface);
        return visit(row);
    });
}

Result<std::uint64_t> SocketSource::read(const SocketQuery& query, SocketInfo& info,
                                         const SocketVisitor& visit)
{
    // Of these /proc/net has no list.
    const bool netlink_only =
        query.protocol == SocketProtocol::Mptcp || query.protocol == SocketProtocol::Vsock;
    if (m_wanted != StatSource::Proc) {
        m_via = "netlink";
        auto dumped = m_sock_diag.dump(query, info, visit);
        if (dumped || netlink_only || m_wanted == StatSource::Netlink ||
            !worth_another_try(dumped.error()))
            return dumped;
    }
    m_via = "proc";
    return m_proc_net.dump(query, info, visit);
}

} // namespace sockit
