#include "op/local_server.h"

#include "diag/owner.h"
#include "diag/sock_diag.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace sockit {

namespace {

bool is_ours(Endpoint address)
{
    address.set_port(0);
    const auto trial = Socket::open(address.family(), SOCK_DGRAM);
    return trial && trial->bind(address).has_value();
}

/// The address as sockets of IPv6 see it.
Endpoint mapped(const Endpoint& v4)
{
    sockaddr_in plain{};
    std::memcpy(&plain, v4.data(), sizeof plain);
    in6_addr address{};
    address.s6_addr[10] = address.s6_addr[11] = 0xff;
    std::memcpy(&address.s6_addr[12], &plain.sin_addr, sizeof plain.sin_addr);
    return Endpoint::inet6(address, static_cast<std::uint16_t>(v4.port()));
}

/// How well a socket fits as the other end: the connection itself, one bound to the very address,
/// one bound to every address, or not at all.
enum class Fit : std::uint8_t { None, Wildcard, Address, Connection };

Fit fit_of(const SocketInfo& info, const SocketPair& wanted)
{
    if (info.local.port() != wanted.local.port())
        return Fit::None;
    const bool connected = info.peer && info.peer->port() != 0;
    if (connected && info.peer->unmapped() != wanted.peer)
        return Fit::None;
    const auto local = info.local.unmapped();
    if (local == wanted.local)
        return connected ? Fit::Connection : Fit::Address;
    const bool other_family = local.family() == AF_INET && wanted.local.family() == AF_INET6;
    return local.is_wildcard() && !other_family && !connected ? Fit::Wildcard : Fit::None;
}

/// The inode of the socket that fits best among those of the query; 0: there is none, or nobody has
/// it yet.
std::uint64_t best_inode(SocketQuery query, const SocketPair& wanted)
{
    std::uint64_t inode = 0;
    auto best = Fit::None;
    SockDiag diag;
    SocketInfo row;
    const auto look = [&] {
        const auto visit = [&](const SocketInfo& info) {
            const auto fit = fit_of(info, wanted);
            if (fit > best && info.inode.value_or(0) != 0) {
                best = fit;
                inode = *info.inode;
            }
            return best != Fit::Connection;
        };
        (void)diag.dump(query, row, visit); // what cannot be listed is not known
    };
    if (wanted.local.family() == AF_INET) {
        query.family = AF_INET;
        look();
    }
    query.family = AF_INET6;
    if (query.exact && wanted.local.family() == AF_INET)
        query.exact = SocketPair{mapped(wanted.local), mapped(wanted.peer)};
    if (best != Fit::Connection)
        look();
    return inode;
}

/// The socket of that type that takes what is sent there.
std::uint64_t inet_receiver(const SocketPair& wanted, int type)
{
    if (type == SOCK_DGRAM)
        return best_inode({.protocol = SocketProtocol::Udp}, wanted);
    for (const auto protocol : {SocketProtocol::Tcp, SocketProtocol::Mptcp})
        if (const auto inode = best_inode(
                {.protocol = protocol, .states = state_bit(SocketState::Listen)}, wanted))
            return inode;
    return 0;
}

std::uint64_t inet_server(const Socket& socket)
{
    const auto local = socket.local();
    const auto peer = socket.peer();
    if (!local || !peer || !is_ours(peer->unmapped()))
        return 0;
    const SocketPair wanted{peer->unmapped(), local->unmapped()};
    constexpr auto accepted = all_states & ~state_bit(SocketState::Listen);
    if (socket.type() != SOCK_DGRAM)
        for (const auto& query :
             {SocketQuery{.states = accepted, .exact = wanted},
              SocketQuery{.protocol = SocketProtocol::Mptcp, .states = accepted}})
            if (const auto inode = best_inode(query, wanted))
                return inode;
    return inet_receiver(wanted, socket.type());
}

std::uint64_t unix_server(const Socket& socket)
{
    struct stat status{};
    if (::fstat(socket.ref().value, &status) != 0)
        return 0;
    std::uint64_t inode = 0;
    SockDiag diag;
    SocketInfo row;
    const auto visit = [&](const SocketInfo& info) {
        if (info.inode != status.st_ino)
            return true;
        inode = info.peer_inode.value_or(0);
        return false;
    };
    (void)diag.dump({.protocol = SocketProtocol::Unix, .family = AF_UNIX}, row, visit);
    return inode;
}

/// The socket bound to that name.
std::uint64_t unix_receiver(const Endpoint& name, int type)
{
    std::uint64_t inode = 0;
    SockDiag diag;
    SocketInfo row;
    const auto visit = [&](const SocketInfo& info) {
        const bool receives = type == SOCK_DGRAM || info.state == SocketState::Listen;
        if (receives && info.local == name)
            inode = info.inode.value_or(0);
        return inode == 0;
    };
    (void)diag.dump({.protocol = SocketProtocol::Unix,
                     .family = AF_UNIX,
                     .socket_types = 1U << static_cast<unsigned>(type)},
                    row, visit);
    return inode;
}

std::optional<pid_t> only_owner(std::uint64_t inode)
{
    const auto owners = find_owners(InodeSet{inode}, "/proc");
    if (inode == 0 || !owners)
        return std::nullopt;
    SocketInfo info;
    info.inode = inode;
    owners->assign_to(info);
    std::set<pid_t> pids;
    for (const auto& owner : info.processes.value_or(std::vector<SocketOwner>()))
        pids.insert(owner.pid);
    return pids.size() == 1 ? std::optional(*pids.begin()) : std::nullopt;
}

/// The process that called listen(2): what the kernel says of a connection over a unix socket.
std::optional<pid_t> unix_listener(const Socket& socket)
{
    ucred who{};
    socklen_t length = sizeof who;
    if (::getsockopt(socket.ref().value, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0 ||
        who.pid <= 0)
        return std::nullopt;
    return who.pid;
}

} // namespace

std::optional<pid_t> local_server_of(const Socket& socket)
{
    if (socket.family() == AF_UNIX) {
        const auto inode = unix_server(socket);
        return inode == 0 ? unix_listener(socket) : only_owner(inode);
    }
    if (socket.family() != AF_INET && socket.family() != AF_INET6)
        return std::nullopt;
    return only_owner(inet_server(socket));
}

std::optional<pid_t> local_server_at(const Endpoint& endpoint, int type)
{
    if (endpoint.family() == AF_UNIX)
        return only_owner(unix_receiver(endpoint, type));
    const auto address = endpoint.unmapped();
    if (!endpoint.is_inet() || !is_ours(address))
        return std::nullopt;
    return only_owner(inet_receiver({.local = address, .peer = {}}, type));
}

std::optional<CpuTime> cpu_time_of(pid_t pid)
{
    clockid_t clock = 0;
    timespec used{};
    if (pid <= 0 || ::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        return std::nullopt;
    const auto total = std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    // "PID (NAME) STATE …": the name may have anything in it. The user's ticks are the 14th word.
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos)
        return std::nullopt;
    std::istringstream words(text.substr(name_end + 1));
    std::string word;
    for (int number = 3; number < 14; ++number)
        words >> word;
    std::int64_t ticks = 0;
    words >> ticks;
    const Duration tick =
        std::chrono::nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK);
    const auto user = std::min<Duration>(ticks * tick, total);
    return CpuTime{user, total - user};
}

} // namespace sockit
