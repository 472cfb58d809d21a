#include "diag/proc_net.h"

#include "diag/common_fields.h"
#include "diag/proc_net_line.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace sockit {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

std::string_view file_name(const SocketQuery& query)
{
    const bool v6 = query.family == AF_INET6;
    switch (query.protocol) {
    case SocketProtocol::Tcp: return v6 ? "tcp6" : "tcp";
    case SocketProtocol::Udp: return v6 ? "udp6" : "udp";
    case SocketProtocol::Unix: return "unix";
    case SocketProtocol::Raw: return v6 ? "raw6" : "raw";
    case SocketProtocol::Packet: return "packet";
    case SocketProtocol::Netlink: return "netlink";
    case SocketProtocol::Mptcp:
    case SocketProtocol::Vsock: break;
    }
    return "";
}

bool parse_line(std::string_view line, const SocketQuery& query, long ticks_per_second,
                SocketInfo& info)
{
    switch (query.protocol) {
    case SocketProtocol::Unix: return parse_unix_line(line, info);
    case SocketProtocol::Packet: return parse_packet_line(line, info);
    case SocketProtocol::Netlink: return parse_netlink_line(line, info);
    default: return parse_inet_line(line, query, ticks_per_second, info);
    }
}

} // namespace

Result<std::uint64_t> read_lines(FdRef file, std::vector<char>& buffer, const LineVisitor& visit)
{
    std::uint64_t skipped = 0;
    std::size_t kept = 0; // bytes of an unfinished line at the start of the buffer
    bool overlong = false;
    while (true) {
        const auto count = ::read(file.value, buffer.data() + kept, buffer.size() - kept);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return Failure(Error::from_errno(Phase::Receive, "read", {}, errno));
        if (count == 0)
            return skipped + (kept > 0 || overlong ? 1 : 0);
        std::string_view bytes(buffer.data(), kept + static_cast<std::size_t>(count));
        for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
            if (overlong)
                ++skipped;
            else if (!visit(bytes.substr(0, end)))
                return skipped;
            overlong = false;
            bytes.remove_prefix(end + 1);
        }
        overlong = overlong || bytes.size() == buffer.size();
        kept = overlong ? 0 : bytes.size();
        std::memmove(buffer.data(), bytes.data(), kept);
    }
}

ProcNet::ProcNet(std::string proc_root) : m_proc_root(std::move(proc_root)), m_buffer(piece_size) {}

Result<std::uint64_t> ProcNet::dump(const SocketQuery& query, SocketInfo& info,
                                    const SocketVisitor& visit)
{
    if (file_name(query).empty())
        return Failure(
            Error::unsupported("open", "a list of such sockets in " + m_proc_root + "/net"));
    const std::string path = m_proc_root + "/net/" + std::string(file_name(query));
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid())
        return Failure(Error::from_errno(Phase::Receive, "open", path, errno));

    const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
    m_readable = 0;
    std::uint64_t unreadable = 0;
    bool first = true;
    const auto visit_line = [&](std::string_view line) {
        if (std::exchange(first, false) && is_column_names(line))
            return true;
        const bool parsed = parse_line(line, query, ticks_per_second, info);
        ++(parsed ? m_readable : unreadable);
        const bool wanted =
            parsed && (query.states & state_bit(info.state)) != 0 && has_wanted_type(info, query);
        return !wanted || visit(info);
    };
    auto skipped = read_lines(file.ref(), m_buffer, visit_line);
    if (!skipped) {
        skipped.error().subject = path;
        return skipped;
    }
    return unreadable + *skipped;
}

} // namespace sockit
