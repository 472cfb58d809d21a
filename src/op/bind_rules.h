#pragma once

#include "event/why_bind.h"

#include <cstdint>
#include <optional>
#include <span>

namespace sockit {

/// The socket that is to be bound.
struct BindWish {
    bool datagram = false; ///< UDP, else TCP
    Endpoint address;
    bool v6only = false;
    bool reuseaddr = false;
    bool reuseport = false;
    std::uint32_t interface = 0; ///< bound device's index, 0 none
    std::uint32_t uid = 0;       ///< its owner: the effective user id of whoever made it

    bool operator==(const BindWish&) const = default;
};

/// What a holder means to a bind(), after net/ipv4/inet_connection_sock.c (inet_bind_conflict,
/// inet_rcv_saddr_equal) and net/ipv4/udp.c (udp_lib_lport_inuse) of Linux 4.9 to 6.18.
enum class BindClash : std::uint8_t {
    OtherAddress,   ///< no address in common
    OtherInterface, ///< bound to different devices
    BothReuseaddr,  ///< shared: both set SO_REUSEADDR, and the holder does not listen
    BothReuseport,  ///< shared: both set SO_REUSEPORT, for the same user
    MayBlock,       ///< its flags are not known, and without them it blocks
    Blocks,
};

constexpr bool is_in_the_way(BindClash clash) { return clash >= BindClash::MayBlock; }

/// Whether an address of one is an address of the other: the IPv6 wildcard takes IPv4 too unless
/// it is `v6only`. A holder whose v6only is not known counts as taking both.
bool shares_address(const BindHolder& holder, const BindWish& wish);

BindClash clash(const BindHolder& holder, const BindWish& wish);

/// The holder that stands in the way most: one that blocks before one that may, a listener before
/// others, one with a process before one without. Null when bind() succeeds.
const BindHolder* worst_holder(std::span<const BindHolder> holders, const BindWish& wish);

} // namespace sockit
