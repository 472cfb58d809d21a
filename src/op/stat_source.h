#pragma once

#include "base/result.h"
#include "diag/interface_names.h"
#include "diag/proc_net.h"
#include "diag/sock_diag.h"
#include "op/stat_plan.h"

#include <string_view>

namespace sockit {

/// Where the sockets come from: sock_diag, /proc/net, or the second where the first has no answer.
class SocketSource {
public:
    SocketSource(StatSource wanted, const std::string& proc_root)
        : m_wanted(wanted), m_proc_net(proc_root), m_of_this_host(proc_root == "/proc")
    {}

    /// From now on asked for in another network namespace, whose /proc/net is below `proc_root`:
    /// interfaces are others there.
    void moved(const std::string& proc_root);
    /// As SockDiag::dump() and ProcNet::dump().
    Result<std::uint64_t> dump(const SocketQuery& query, SocketInfo& info,
                               const SocketVisitor& visit);
    /// Whether the last dump read any row, or would have said that there is none.
    [[nodiscard]] bool read_any(std::uint64_t unreadable) const
    {
        return m_via != "proc" || unreadable == 0 || m_proc_net.readable() > 0;
    }
    /// "netlink" or "proc": which of them the current dump, or the last one, reads.
    [[nodiscard]] std::string_view via() const { return m_via; }

private:
    Result<std::uint64_t> read(const SocketQuery& query, SocketInfo& info,
                               const SocketVisitor& visit);
    Result<std::uint64_t> read_both(SocketQuery query, SocketInfo& info,
                                    const SocketVisitor& visit);

    StatSource m_wanted;
    SockDiag m_sock_diag;
    ProcNet m_proc_net;
    InterfaceNames m_interfaces;
    bool m_of_this_host; ///< and not a copy of another one's /proc
    std::string_view m_via;
};

} // namespace sockit
