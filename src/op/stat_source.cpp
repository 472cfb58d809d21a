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
    return query.family == AF_UNSPEC ? read_both(query, info, visit)
                                     : m_proc_net.dump(query, info, visit);
}

/// /proc/net has a file for each family.
Result<std::uint64_t> SocketSource::read_both(SocketQuery query, SocketInfo& info,
                                              const SocketVisitor& visit)
{
    bool more = true;
    const SocketVisitor visit_on = [&](const SocketInfo& row) { return more = visit(row); };
    query.family = AF_INET;
    const auto v4 = TRY(m_proc_net.dump(query, info, visit_on));
    if (!more)
        return v4;
    query.family = AF_INET6;
    const auto v6 = m_proc_net.dump(query, info, visit_on);
    if (v6)
        return v4 + *v6;
    return v6.error().code == ENOENT ? Result<std::uint64_t>(v4) : v6; // IPv6 is switched off
}

} // namespace sockit
