#include "op/bind_evidence.h"

#include "diag/foreign_socket.h"
#include "diag/owner.h"
#include "op/stat_source.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <net/if.h>
#include <sys/stat.h>

namespace sockit {

namespace {

/// Distinct addresses that are tried; a port has few.
constexpr std::size_t most_trials = 16;

std::optional<bool> flag_of(FdRef socket, int level, int name)
{
    int value = 0;
    socklen_t length = sizeof value;
    if (::getsockopt(socket.value, level, name, &value, &length) < 0)
        return std::nullopt;
    return value != 0;
}

std::uint32_t link_of(const Socket& socket, const Endpoint& address)
{
    sockaddr_in6 v6{};
    if (address.family() == AF_INET6)
        std::memcpy(&v6, address.data(), sizeof v6);
    if (v6.sin6_scope_id != 0)
        return v6.sin6_scope_id;
    std::array<char, IF_NAMESIZE> name{};
    socklen_t length = name.size();
    if (::getsockopt(socket.ref().value, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &length) < 0)
        return 0;
    return ::if_nametoindex(name.data());
}

BindHolder holder_from(const SocketInfo& info, bool datagram)
{
    BindHolder holder;
    holder.datagram = datagram;
    holder.state = info.state;
    holder.local = info.local;
    holder.peer = info.peer;
    holder.interface = info.interface;
    holder.inode = info.inode.value_or(0);
    if (info.family == AF_INET6)
        holder.v6only = info.v6only;
    const bool counts_down = info.timer && info.timer->name == "timewait";
    if (counts_down)
        holder.expires_ns = info.timer->expires_ns;
    if (!is_remainder(holder))
        holder.uid = info.uid;
    return holder;
}

void add_processes(std::vector<BindHolder>& holders)
{
    InodeSet inodes;
    for (const auto& holder : holders)
        inodes.insert(holder.inode);
    const auto owners = find_owners(inodes, "/proc");
    if (!owners)
        return; // a holder without its process still tells something
    SocketInfo info;
    for (auto& holder : holders) {
        info.inode = holder.inode;
        owners->assign_to(info);
        holder.processes = info.processes.value_or(std::vector<SocketOwner>());
    }
}

void read_flags(BindHolder& holder)
{
    for (const auto& owner : holder.processes) {
        const auto duplicate = duplicate_foreign_socket(owner.pid, owner.fd, holder.inode);
        if (!duplicate)
            continue;
        holder.reuseaddr = flag_of(duplicate->ref(), SOL_SOCKET, SO_REUSEADDR);
        holder.reuseport = flag_of(duplicate->ref(), SOL_SOCKET, SO_REUSEPORT);
        if (holder.local.family() == AF_INET6)
            holder.v6only = flag_of(duplicate->ref(), IPPROTO_IPV6, IPV6_V6ONLY);
        return;
    }
}

/// Whether a socket with only that flag could be bound where `like` is; nothing when something else
/// kept it from that.
std::optional<bool> try_bind(const BindHolder& like, const BindWish& trial)
{
    const auto socket = Socket::open(like.local.family(), SOCK_STREAM);
    if (!socket)
        return std::nullopt;
    const auto set = [&](int level, int name, bool value) {
        return socket->set_option(level, name, value ? 1 : 0, "").has_value();
    };
    const bool v6 = like.local.family() == AF_INET6;
    const bool ready = set(SOL_SOCKET, SO_REUSEADDR, trial.reuseaddr) &&
                       set(SOL_SOCKET, SO_REUSEPORT, trial.reuseport) &&
                       (!v6 || set(IPPROTO_IPV6, IPV6_V6ONLY, trial.v6only)) &&
                       // The address may be gone, which is not the question.
                       set(IPPROTO_IP, IP_FREEBIND, true);
    if (!ready)
        return std::nullopt;
    const auto bound = socket->bind(like.local);
    if (!bound && bound.error().code != EADDRINUSE)
        return std::nullopt;
    return bound.has_value();
}

/// Draws the conclusions of one trial about `flag`: it met all that stand in its way.
void conclude(std::span<BindHolder> holders, const BindWish& trial, bool bound,
              std::optional<bool> BindHolder::* flag)
{
    BindHolder* only_suspect = nullptr;
    std::size_t suspects = 0;
    for (auto& holder : holders) {
        const auto met = clash(holder, trial);
        if (met == BindClash::OtherAddress || met == BindClash::OtherInterface)
            continue;
        if (bound && !(holder.*flag)) {
            holder.*flag = true;
            holder.inferred = true;
        }
        if (is_in_the_way(met)) {
            ++suspects;
            only_suspect = &holder;
        }
    }
    if (bound || suspects != 1 || clash(*only_suspect, trial) != BindClash::MayBlock)
        return;
    only_suspect->*flag = false;
    only_suspect->inferred = true;
}

} // namespace

BindWish bind_wish(const Socket& socket, const Endpoint& address)
{
    BindWish wish{.datagram = socket.type() == SOCK_DGRAM, .address = address};
    const auto flag = [&](int level, int name) {
        return flag_of(socket.ref(), level, name).value_or(false);
    };
    wish.reuseaddr = flag(SOL_SOCKET, SO_REUSEADDR);
    wish.reuseport = flag(SOL_SOCKET, SO_REUSEPORT);
    wish.v6only = address.family() == AF_INET6 && flag(IPPROTO_IPV6, IPV6_V6ONLY);
    wish.interface = link_of(socket, address);
    struct stat status{};
    if (::fstat(socket.ref().value, &status) == 0)
        wish.uid = status.st_uid;
    return wish;
}

Result<std::vector<BindHolder>> find_bind_holders(const BindWish& wish)
{
    std::vector<BindHolder> holders;
    SocketSource source(StatSource::Auto, "/proc");
    SocketInfo info;
    for (const int family : {AF_INET, AF_INET6}) {
        const SocketQuery query{.protocol =
                                    wish.datagram ? SocketProtocol::Udp : SocketProtocol::Tcp,
                                .family = family,
                                .states = all_states | state_bit(SocketState::BoundInactive)};
        const auto dumped = source.dump(query, info, [&](const SocketInfo& found) {
            if (found.local.port() != wish.address.port())
                return true;
            auto holder = holder_from(found, wish.datagram);
            if (shares_address(holder, wish))
                holders.push_back(std::move(holder));
            return true;
        });
        // Without IPv6 there is no such list.
        if (!dumped && family == AF_INET)
            return Failure(dumped.error());
    }
    add_processes(holders);
    std::ranges::for_each(holders, read_flags);
    // What a duplicate told of v6only may have moved it out of the way.
    std::erase_if(holders, [&](const auto& holder) { return !shares_address(holder, wish); });
    return holders;
}

void infer_bind_flags(std::span<BindHolder> holders, const BindWish& wish)
{
    if (wish.datagram)
        return;
    std::vector<Endpoint> tried;
    for (const auto& holder : holders) {
        if ((holder.reuseaddr && holder.reuseport) || tried.size() == most_trials ||
            std::ranges::find(tried, holder.local) != tried.end())
            continue;
        tried.push_back(holder.local);
        BindWish trial{.address = holder.local,
                       .v6only = holder.v6only.value_or(false),
                       .reuseaddr = true,
                       .uid = wish.uid};
        if (const auto bound = try_bind(holder, trial))
            conclude(holders, trial, *bound, &BindHolder::reuseaddr);
        std::swap(trial.reuseaddr, trial.reuseport);
        if (const auto bound = try_bind(holder, trial))
            conclude(holders, trial, *bound, &BindHolder::reuseport);
    }
}

} // namespace sockit
