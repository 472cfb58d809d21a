#include "diag/socket_totals.h"

#include "base/parse.h"

#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace sockit {

namespace {

/// "TCP inuse" -> 5.
using NamedCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// `TCP: inuse 5 orphan 0 …`, a line a protocol.
bool read_sockstat(const std::string& path, NamedCounts& counts)
{
    std::ifstream in(path);
    if (!in)
        return false;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string protocol;
        words >> protocol;
        std::string name;
        for (std::string value; words >> name >> value;)
            if (const auto number = parse_number(value, name))
                counts[protocol + name] = *number;
    }
    return true;
}

/// Two lines a protocol, one of names and one of values.
void read_snmp(const std::string& path, NamedCounts& counts)
{
    std::ifstream in(path);
    for (std::string names, values; std::getline(in, names) && std::getline(in, values);) {
        std::istringstream names_of(names);
        std::istringstream values_of(values);
        std::string protocol;
        std::string skipped;
        names_of >> protocol;
        values_of >> skipped;
        std::string name;
        for (std::string value; names_of >> name && values_of >> value;)
            if (const auto number = parse_number(value, name))
                counts[protocol + name] = *number;
    }
}

} // namespace

Result<SocketTotals> read_socket_totals(const std::string& proc_root)
{
    NamedCounts counts;
    const auto path = proc_root + "/net/sockstat";
    errno = 0;
    if (!read_sockstat(path, counts))
        return Failure(Error::from_errno(Phase::None, "open", path, errno != 0 ? errno : ENOENT));
    read_sockstat(proc_root + "/net/sockstat6", counts);
    read_snmp(proc_root + "/net/snmp", counts);
    const auto count = [&](std::string_view name) -> std::optional<std::uint64_t> {
        const auto found = counts.find(name);
        return found != counts.end() ? std::optional(found->second) : std::nullopt;
    };
    const auto bytes = [&](std::string_view name) -> std::optional<std::uint64_t> {
        const auto pages = count(name);
        return pages ? std::optional(*pages * static_cast<std::uint64_t>(::getpagesize()))
                     : std::nullopt;
    };
    return SocketTotals{.sockets = count("sockets:used"),
                        .tcp = {count("TCP:inuse"), count("TCP6:inuse")},
                        .udp = {count("UDP:inuse"), count("UDP6:inuse")},
                        .udplite = {count("UDPLITE:inuse"), count("UDPLITE6:inuse")},
                        .raw = {count("RAW:inuse"), count("RAW6:inuse")},
                        .fragments = {count("FRAG:inuse"), count("FRAG6:inuse")},
                        .tcp_established = count("Tcp:CurrEstab"),
                        .tcp_orphaned = count("TCP:orphan"),
                        .tcp_time_wait = count("TCP:tw"),
                        .tcp_allocated = count("TCP:alloc"),
                        .tcp_memory = bytes("TCP:mem"),
                        .udp_memory = bytes("UDP:mem")};
}

} // namespace sockit
