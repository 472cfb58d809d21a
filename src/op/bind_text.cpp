#include "op/bind_text.h"

#include "base/escape.h"

#include <algorithm>

namespace sockit {

namespace {

bool takes_both_families(const BindHolder& holder)
{
    return holder.local.family() == AF_INET6 && holder.local.is_wildcard() &&
           !holder.v6only.value_or(false);
}

bool wants_both_families(const BindWish& wish)
{
    return wish.address.family() == AF_INET6 && wish.address.is_wildcard() && !wish.v6only;
}

/// "nginx (pid 812)", or what is known instead.
std::string holder_name(const BindHolder& holder)
{
    if (!holder.processes.empty()) {
        const auto& first = holder.processes.front();
        return escape(first.comm) + " (pid " + std::to_string(first.pid) + ")";
    }
    if (holder.uid && holder.inode != 0)
        return "a process of user " + std::to_string(*holder.uid);
    return {};
}

/// "58 s", rounded up; empty for what does not end by itself.
std::string time_left(const BindHolder& holder)
{
    if (!holder.expires_ns)
        return {};
    constexpr std::int64_t second = 1'000'000'000;
    const auto seconds = std::max<std::int64_t>(0, *holder.expires_ns + second - 1) / second;
    return std::to_string(seconds) + " s";
}

/// "nginx (pid 812) listens on 0.0.0.0:80".
std::string holding(const BindHolder& holder)
{
    const auto local = holder.local.text();
    const auto name = holder_name(holder);
    const std::string who = name.empty() ? "a socket that no process shows" : name;
    switch (holder.state) {
    case SocketState::Listen: return who + " listens on " + local;
    case SocketState::Close:
    case SocketState::BoundInactive:
        return who + " is bound to " + local + (holder.datagram ? "" : " without listening");
    default: break;
    }
    const std::string state(state_name(holder.state));
    if (!name.empty() && holder.peer)
        return name + " has a connection (" + state + ") from " + local + " to " +
               holder.peer->text();
    const auto left = time_left(holder);
    return "a connection in " + state + (left.empty() ? "" : " (" + left + " left)") + " keeps " +
           local;
}

std::string why_it_blocks(const BindHolder& holder, const BindWish& wish)
{
    const bool other_user = !is_remainder(holder) && holder.uid && *holder.uid != wish.uid;
    if (wish.reuseport && other_user)
        return "SO_REUSEPORT shares a port among sockets of one user only: user " +
               std::to_string(*holder.uid) + " there, user " + std::to_string(wish.uid) + " here";
    if (wish.reuseport)
        return std::string("SO_REUSEPORT must be set on both sockets, and ") +
               (holder.reuseport ? "the holder has not set it"
                                 : "whether the holder has set it is not known");
    if (holder.state == SocketState::Listen)
        return wish.reuseaddr ? "SO_REUSEADDR does not allow a second listener"
                              : "a second listener needs SO_REUSEPORT on both sockets";
    const std::string both = "SO_REUSEADDR must be set on both sockets, and ";
    if (!wish.reuseaddr)
        return both + "it is not set on the new one";
    if (!holder.reuseaddr)
        return both + "whether the holder has set it is not known";
    return both + "the holder has not set it";
}

bool has_clash(std::span<const BindHolder> holders, const BindWish& wish, BindClash wanted)
{
    return std::ranges::any_of(holders,
                               [&](const auto& holder) { return clash(holder, wish) == wanted; });
}

} // namespace

std::string blocking_rule(const BindHolder& holder, const BindWish& wish)
{
    std::string text = holding(holder);
    if (takes_both_families(holder) && wish.address.unmapped().family() == AF_INET)
        text += ", which takes IPv4 too";
    if (wants_both_families(wish) && holder.local.unmapped().family() == AF_INET)
        text += ", and " + wish.address.text() + " takes IPv4 too";
    return text + "; " + why_it_blocks(holder, wish);
}

std::vector<std::string> blocking_cures(const BindHolder& holder, const BindWish& wish)
{
    std::vector<std::string> cures;
    const bool live = !holder.processes.empty();
    if (const auto left = time_left(holder); !left.empty())
        cures.push_back("wait " + left + ", until the kernel lets go of it");
    if (live)
        cures.push_back("stop " + holder_name(holder));
    const bool may_share_address = wish.datagram || holder.state != SocketState::Listen;
    if (may_share_address && !wish.reuseaddr && holder.reuseaddr != false)
        cures.emplace_back("set SO_REUSEADDR before bind() (--sockopt SO_REUSEADDR=1)");
    if (may_share_address && holder.reuseaddr == false)
        cures.emplace_back(is_remainder(holder)
                               ? "have the server that left it set SO_REUSEADDR before its bind()"
                               : "have the holder set SO_REUSEADDR before its bind() as well");
    if (live && !is_remainder(holder)) {
        if (wish.reuseport && holder.uid != wish.uid)
            cures.emplace_back("run as the user of the holder, to share the port through "
                               "SO_REUSEPORT");
        else if (holder.reuseport == true && holder.uid == wish.uid)
            cures.emplace_back("set SO_REUSEPORT before bind() (--sockopt SO_REUSEPORT=1), as the "
                               "holder has, to share the port");
        else
            cures.emplace_back("set SO_REUSEPORT on both sockets, as the same user, to share the "
                               "port");
    }
    if (takes_both_families(holder) && wish.address.unmapped().family() == AF_INET)
        cures.emplace_back("have the holder set IPV6_V6ONLY, to leave IPv4 to others");
    if (wants_both_families(wish) && holder.local.unmapped().family() == AF_INET)
        cures.emplace_back("bind IPv6 alone (-6), to leave IPv4 to the holder");
    cures.emplace_back("bind another port, or an address that the holder does not have");
    return cures;
}

std::string sharing_rule(std::span<const BindHolder> holders, const BindWish& wish)
{
    if (wish.address.port() == 0)
        return "the kernel chooses a free port";
    if (holders.empty())
        return "nobody holds the port on this address";
    if (has_clash(holders, wish, BindClash::BothReuseport))
        return "all sockets there set SO_REUSEPORT for one user, and share what comes in";
    if (has_clash(holders, wish, BindClash::BothReuseaddr))
        return wish.datagram
                   ? "all sockets there set SO_REUSEADDR; the one bound last takes the datagrams"
                   : "all sockets there set SO_REUSEADDR, and none listens";
    return "who holds the port is bound to another interface";
}

} // namespace sockit
