#include "op/sockopts_live.h"

#include "diag/foreign_socket.h"
#include "diag/owner.h"
#include "diag/process_sockets.h"
#include "op/stat_source.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <tuple>

namespace sockit {

namespace {

/// The same address and port; a scope only where one is asked for.
bool same_address(const Endpoint& wanted, const Endpoint& actual)
{
    const auto left = wanted.unmapped();
    const auto right = actual.unmapped();
    if (!left.is_inet())
        return left == right;
    return left.family() == right.family() && left.port() == right.port() &&
           left.address() == right.address() &&
           (left.scope().empty() || left.scope() == right.scope());
}

bool matches(const SocketInfo& info, const SocketAddress& wanted)
{
    if (wanted.local ? !same_address(*wanted.local, info.local)
                     : !info.local.is_inet() || info.local.port() != wanted.port)
        return false;
    return !wanted.peer || (info.peer && same_address(*wanted.peer, *info.peer));
}

std::vector<SocketQuery> queries(const LiveTarget& target)
{
    const auto bound = state_bit(SocketState::BoundInactive);
    std::vector<SocketQuery> all{
        {.protocol = SocketProtocol::Tcp, .family = AF_INET, .states = all_states | bound},
        {.protocol = SocketProtocol::Tcp, .family = AF_INET6, .states = all_states | bound},
        {.protocol = SocketProtocol::Udp, .family = AF_INET},
        {.protocol = SocketProtocol::Udp, .family = AF_INET6},
        {.protocol = SocketProtocol::Unix, .family = AF_UNIX},
    };
    if (target.address && target.address->protocol)
        std::erase_if(all, [&](const SocketQuery& query) {
            return query.protocol != *target.address->protocol;
        });
    return all;
}

/// What the kernel lists of the target, by inode; those without one are counted as nobody's.
struct Listed {
    std::map<std::uint64_t, SocketState> states;
    bool held_by_nobody = false;
};

Result<Listed> list(const LiveTarget& target)
{
    Listed listed;
    SocketSource source(StatSource::Auto, "/proc");
    SocketInfo info;
    std::optional<Error> failure;
    for (const auto& query : queries(target)) {
        const auto dumped = source.dump(query, info, [&](const SocketInfo& found) {
            if ((target.address && !matches(found, *target.address)) ||
                (target.cookie && found.cookie != target.cookie))
                return true;
            if (const auto inode = found.inode.value_or(0); inode != 0)
                listed.states.emplace(inode, found.state);
            else
                listed.held_by_nobody = true;
            return true;
        });
        if (!dumped)
            failure = dumped.error();
    }
    // The state is all that is missing then, unless the sockets were to be found by it.
    const bool needed = target.address || target.cookie;
    if (failure && needed && listed.states.empty() && !listed.held_by_nobody)
        return Failure(std::move(*failure));
    return listed;
}

SocketState state_of(const Listed& listed, std::uint64_t inode)
{
    const auto found = listed.states.find(inode);
    return found == listed.states.end() ? SocketState::Unknown : found->second;
}

Result<LiveSockets> of_process(const LiveTarget& target, const Listed& listed)
{
    const bool by_list = target.address || target.cookie;
    LiveSockets live;
    for (auto& held : TRY(list_held_sockets(*target.pid, target.fd))) {
        const bool wanted = (!target.inode || held.inode == *target.inode) &&
                            (!by_list || listed.states.contains(held.inode));
        if (wanted)
            live.sockets.push_back(
                {held.inode, {std::move(held.owner)}, state_of(listed, held.inode)});
    }
    return live;
}

Result<LiveSockets> of_anybody(const LiveTarget& target, const Listed& listed)
{
    std::vector<std::uint64_t> inodes;
    if (target.address || target.cookie) {
        for (const auto& [inode, state] : listed.states)
            if (!target.inode || inode == *target.inode)
                inodes.push_back(inode);
    } else if (target.inode) {
        inodes.push_back(*target.inode);
    }
    LiveSockets live{.held_by_nobody = listed.held_by_nobody && (target.address || target.cookie)};
    if (inodes.empty())
        return live;
    InodeSet wanted;
    for (const auto inode : inodes)
        wanted.insert(inode);
    const auto owners = TRY(find_owners(wanted, "/proc"));
    for (const auto inode : inodes) {
        SocketInfo info;
        info.inode = inode;
        owners.assign_to(info);
        if (info.processes && !info.processes->empty())
            live.sockets.push_back({inode, std::move(*info.processes), state_of(listed, inode)});
        else if (!info.processes)
            live.hidden = live.hidden || listed.states.contains(inode);
        else
            live.held_by_nobody = live.held_by_nobody || listed.states.contains(inode);
    }
    std::ranges::sort(live.sockets, {}, [](const LiveSocket& socket) {
        return std::tuple(socket.owners.front().pid, socket.owners.front().fd);
    });
    return live;
}

} // namespace

Result<LiveSockets> find_live_sockets(const LiveTarget& target)
{
    const auto listed = TRY(list(target));
    return target.pid ? of_process(target, listed) : of_anybody(target, listed);
}

Result<Duplicate> duplicate_live_socket(const LiveSocket& socket)
{
    std::optional<Error> failure;
    for (const auto& owner : socket.owners) {
        auto duplicate = duplicate_foreign_socket(owner.pid, owner.fd, socket.inode);
        if (duplicate)
            return Duplicate{std::move(*duplicate), owner};
        // That one may not is worth more to know than that one has ended.
        if (!failure || duplicate.error().code == EPERM)
            failure = duplicate.error();
    }
    return Failure(failure ? std::move(*failure)
                           : Error::from_errno(Phase::Socket, "pidfd_getfd",
                                               "inode " + std::to_string(socket.inode), ESRCH));
}

} // namespace sockit
