#pragma once

#include "base/result.h"
#include "sock/socket.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sockit {

/// The kinds of socket that socket options are told apart by.
enum class SocketKind : std::uint8_t {
    Tcp4,
    Tcp6,
    Udp4,
    Udp6,
    UnixStream,
    UnixDgram,
    UnixSeqpacket,
    Mptcp4,
    Mptcp6,
    Vsock,
    Netlink,
    Packet,
    Raw4,
    Raw6,
    Udplite4,
    Udplite6,
    Xdp,
};

/// A set of kinds, one bit each.
using KindMask = std::uint32_t;

constexpr KindMask mask_of(SocketKind kind) { return KindMask{1} << static_cast<unsigned>(kind); }
constexpr bool has(KindMask mask, SocketKind kind) { return (mask & mask_of(kind)) != 0; }

/// Every kind, in the order of the enumeration.
std::span<const SocketKind> all_kinds();

/// `tcp4`, `unix-stream`, `vsock`, `raw4` (without its protocol) ….
std::string_view kind_name(SocketKind kind);

/// A kind and what socket(2) needs beyond it: the IP protocol of a raw socket.
struct KindTarget {
    SocketKind kind = SocketKind::Tcp4;
    int protocol = 0; ///< of raw sockets; else 0
    std::string text; ///< as the user typed it: "tcp4", "raw4:icmp"

    bool operator==(const KindTarget&) const = default;
};

/// `tcp4`, `raw4:icmp`, `raw6:58`: raw kinds need a protocol, by name (protocols(5)) or number. A
/// usage error otherwise, with the nearest kind.
Result<KindTarget> parse_kind(std::string_view word);

/// The name alone, raw kinds without protocol: for filters.
Result<SocketKind> parse_kind_name(std::string_view word);

/// The arguments of socket(2).
struct SocketArguments {
    int family = 0;
    int type = 0;
    int protocol = 0;
};
SocketArguments socket_arguments(const KindTarget& target);

/// A fresh socket. Its error names the kind.
Result<Socket> open_kind(const KindTarget& target);

/// What an open socket is, by SO_DOMAIN, SO_TYPE and SO_PROTOCOL; an Unsupported error for a kind
/// that is none of ours.
Result<SocketKind> kind_of(FdRef socket);

} // namespace sockit
