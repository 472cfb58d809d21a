#include "op/bind_rules.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace sockit {

namespace {

/// An address as the kernel compares it: an IPv6 one has an IPv4 side of its own.
struct BoundAddress {
    enum class Kind : std::uint8_t { Inet, Mapped, Any6, Inet6 };

    Kind kind = Kind::Inet;
    in_addr_t v4 = INADDR_ANY;
    in6_addr v6{};
    bool v6only = false;
};

/// What a socket bound to an IPv6 address has for its IPv4 one: LOOPBACK4_IPV6, 127.0.0.6.
const in_addr_t no_v4 = htonl(0x7f000006);

BoundAddress bound_address(const Endpoint& endpoint, bool v6only)
{
    BoundAddress out;
    const auto* data = endpoint.data();
    if (endpoint.family() == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, data, sizeof address);
        out.v4 = address.sin_addr.s_addr;
        return out;
    }
    sockaddr_in6 address{};
    std::memcpy(&address, data, sizeof address);
    out.v6 = address.sin6_addr;
    out.v6only = v6only;
    if (IN6_IS_ADDR_V4MAPPED(&out.v6)) {
        out.kind = BoundAddress::Kind::Mapped;
        std::memcpy(&out.v4, &out.v6.s6_addr[12], sizeof out.v4);
    } else if (IN6_IS_ADDR_UNSPECIFIED(&out.v6)) {
        out.kind = BoundAddress::Kind::Any6;
    } else {
        out.kind = BoundAddress::Kind::Inet6;
        out.v4 = no_v4;
    }
    return out;
}

bool shares_v4(const BoundAddress& wish, const BoundAddress& holder)
{
    return !holder.v6only &&
           (wish.v4 == holder.v4 || wish.v4 == INADDR_ANY || holder.v4 == INADDR_ANY);
}

bool shares(const BoundAddress& wish, const BoundAddress& holder)
{
    using Kind = BoundAddress::Kind;
    const auto is_v4 = [](Kind kind) { return kind == Kind::Inet || kind == Kind::Mapped; };
    if (wish.kind == Kind::Inet || (wish.kind == Kind::Mapped && is_v4(holder.kind)))
        return shares_v4(wish, holder);
    if (holder.kind == Kind::Any6)
        return wish.kind != Kind::Mapped || !holder.v6only;
    if (wish.kind == Kind::Any6)
        return !is_v4(holder.kind) || !wish.v6only;
    return holder.kind == wish.kind && IN6_ARE_ADDR_EQUAL(&wish.v6, &holder.v6);
}

/// One of the two, or either.
struct Possibly {
    bool yes = false;
    bool no = false;
};

Possibly both(bool ours, std::optional<bool> theirs)
{
    return {.yes = ours && theirs.value_or(true), .no = !ours || !theirs.value_or(false)};
}

bool is_same_user(const BindHolder& holder, const BindWish& wish)
{
    // What is left of a connection that was closed has no owner.
    return is_remainder(holder) || holder.uid == wish.uid;
}

} // namespace

bool shares_address(const BindHolder& holder, const BindWish& wish)
{
    // bind(2) to a single IPv6 address makes the socket v6only.
    const auto ours = bound_address(wish.address, wish.v6only);
    return shares(ours, bound_address(holder.local, holder.v6only.value_or(false)));
}

BindClash clash(const BindHolder& holder, const BindWish& wish)
{
    if (!shares_address(holder, wish))
        return BindClash::OtherAddress;
    if (holder.interface != 0 && wish.interface != 0 && holder.interface != wish.interface)
        return BindClash::OtherInterface;
    auto reuseaddr = both(wish.reuseaddr, holder.reuseaddr);
    if (holder.state == SocketState::Listen)
        reuseaddr = {.yes = false, .no = true};
    auto reuseport = both(wish.reuseport, holder.reuseport);
    if (!is_same_user(holder, wish))
        reuseport = {.yes = false, .no = true};
    if (!reuseaddr.no)
        return BindClash::BothReuseaddr;
    if (!reuseport.no)
        return BindClash::BothReuseport;
    return reuseaddr.yes || reuseport.yes ? BindClash::MayBlock : BindClash::Blocks;
}

const BindHolder* worst_holder(std::span<const BindHolder> holders, const BindWish& wish)
{
    const auto weight = [&](const BindHolder& holder) {
        return std::tuple(clash(holder, wish), holder.state == SocketState::Listen,
                          !holder.processes.empty());
    };
    const auto worst = std::ranges::max_element(holders, {}, weight);
    return worst != holders.end() && is_in_the_way(clash(*worst, wish)) ? &*worst : nullptr;
}

} // namespace sockit
