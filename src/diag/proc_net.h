#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "diag/socket_query.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// Sockets as /proc/net/{tcp,udp,raw}{,6} and {unix,packet,netlink} list them (proc(5)): for
/// kernels without sock_diag and for copies of /proc. tcp_info, memory and cgroup are never there.
class ProcNet {
public:
    /// `proc_root` is laid out like /proc: net/tcp and so on below it.
    explicit ProcNet(std::string proc_root = "/proc");
    /// Visits each row as it is read into `info`, which is reused for the next one; returns how
    /// many rows could not be. ENOENT: no such file here, as for IPv6 where it is switched off.
    /// Domain::Unsupported: there never is one for such sockets (MPTCP, vsock).
    Result<std::uint64_t> dump(const SocketQuery& query, SocketInfo& info,
                               const SocketVisitor& visit);
    /// How many rows of the last file could be read, visited or not.
    [[nodiscard]] std::uint64_t readable() const { return m_readable; }

private:
    std::string m_proc_root;
    std::vector<char> m_buffer;
    std::uint64_t m_readable = 0;
};

/// A line without its line feed; false ends the reading.
using LineVisitor = std::function<bool(std::string_view)>;

/// Visits the lines of `file`. Lines that do not fit `buffer` are skipped, and so is a last one
/// without its line feed: it may be cut. Returns how many were.
Result<std::uint64_t> read_lines(FdRef file, std::vector<char>& buffer, const LineVisitor& visit);

} // namespace sockit
