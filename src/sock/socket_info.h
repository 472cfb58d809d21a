#pragma once

#include "sock/endpoint.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// TCP states by the kernel's numbers (include/net/tcp_states.h); other families reuse them.
enum class SocketState : std::uint8_t {
    Unknown = 0,
    Established = 1,
    SynSent = 2,
    SynRecv = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Close = 7, ///< an unconnected socket; ss prints UNCONN
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,
    NewSynRecv = 12, ///< a request socket; shown as SYN-RECV
    BoundInactive = 13,
};

/// As ss prints them: ESTAB, SYN-SENT, SYN-RECV, FIN-WAIT-1, …, UNCONN, LISTEN, CLOSING.
std::string_view state_name(SocketState state);

/// One process that has the socket open.
struct SocketOwner {
    std::int32_t pid = 0;
    std::int32_t fd = 0;
    std::string comm; ///< raw bytes of /proc/PID/comm: escape before printing
    /// The thread whose descriptor it is, where threads were asked for or only one of them has it.
    std::optional<std::int32_t> tid;

    bool operator==(const SocketOwner&) const = default;
};

/// The pending timer of a TCP socket.
struct SocketTimer {
    std::string_view name; ///< as ss spells it: on, keepalive, timewait, persist, unknown
    std::int64_t expires_ns = 0;
    std::uint32_t retransmits = 0;

    bool operator==(const SocketTimer&) const = default;
};

/// A member of struct tcp_info: the kernel's field name without `tcpi_`, times as `*_ns`.
struct TcpInfoField {
    std::string_view name;
    std::optional<std::uint64_t> value; ///< nullopt: not measured, or no limit

    bool operator==(const TcpInfoField&) const = default;
};

/// INET_DIAG_SKMEMINFO, keys as ss prints them in skmem:(…).
struct SocketMemory {
    std::uint32_t r = 0;  ///< receive queue allocated
    std::uint32_t rb = 0; ///< receive buffer limit
    std::uint32_t t = 0;  ///< transmit queue allocated
    std::uint32_t tb = 0; ///< send buffer limit
    std::uint32_t f = 0;  ///< forward allocated
    std::uint32_t w = 0;  ///< write queue
    std::uint32_t o = 0;  ///< option memory
    std::uint32_t bl = 0; ///< backlog
    std::uint32_t d = 0;  ///< drops

    bool operator==(const SocketMemory&) const = default;
};

/// A network namespace as it is told to people.
struct NetnsTag {
    std::uint64_t inode = 0;
    std::string name;     ///< of ip-netns(8) or what it seems to belong to; empty: none known
    std::int32_t pid = 0; ///< a process that lives in it; 0: none

    bool operator==(const NetnsTag&) const = default;
};

/// What the kernel says of one socket, from sock_diag or from /proc/net. Unknown is nullopt, never
/// a fake 0.
struct SocketInfo {
    std::string_view netid; ///< ss's: tcp udp raw mptcp u_str u_dgr u_seq p_raw p_dgr nl v_str …
    int family = 0;         ///< AF_*
    SocketState state = SocketState::Unknown;
    std::optional<std::uint64_t> recv_q;
    std::optional<std::uint64_t> send_q;
    Endpoint local;
    std::optional<Endpoint> peer;
    /// raw: IPPROTO_*, packet: ETH_P_* (host order), netlink: NETLINK_*.
    std::optional<std::uint32_t> protocol;
    std::uint32_t interface = 0; ///< bound device's index, 0 none
    std::string interface_name;  ///< in the socket's own namespace; empty: none, or not known
    std::shared_ptr<const NetnsTag> netns; ///< only where several are listed
    std::optional<std::uint32_t> uid;
    std::optional<std::uint64_t> inode; ///< 0: no inode (TIME-WAIT, request sockets)
    std::optional<std::uint64_t> cookie;
    std::optional<SocketTimer> timer;

    /// Listeners: how many wait to be accepted, and how many may (backlog); the queue is full above
    /// the limit.
    std::optional<std::uint64_t> accept_length;
    std::optional<std::uint64_t> accept_limit;

    std::optional<std::uint64_t> peer_inode; ///< unix: the other end

    // Only where asked for.
    std::optional<std::vector<SocketOwner>> processes; ///< nullopt: not known (or not asked)
    bool processes_asked = false;
    bool processes_incomplete = false; ///< some processes could not be looked into: permission
    std::optional<std::vector<SocketOwner>> peer_processes; ///< unix: who has the other end
    std::optional<bool> v6only;
    std::optional<std::uint8_t> shutdown; ///< 1 receive, 2 send
    std::optional<std::string> cgroup;
    std::vector<TcpInfoField> tcp_info; ///< in the kernel's order, as far as the kernel filled it
    std::string congestion;
    std::string_view congestion_block; ///< whose state it is: "bbr", "dctcp", "vegas" or nobody's
    std::vector<TcpInfoField> congestion_info; ///< named and measured like tcp_info
    std::optional<SocketMemory> memory;
    std::optional<std::uint8_t> tos;           ///< IPv4's; also of an IPv6 socket that speaks IPv4
    std::optional<std::uint8_t> traffic_class; ///< IPv6's
    std::optional<std::uint32_t> class_id;     ///< net_cls cgroup's, or SO_PRIORITY
    std::optional<std::uint32_t> mark;  ///< SO_MARK; the kernel tells it to CAP_NET_ADMIN only
    std::optional<std::uint64_t> drops; ///< packets that found no room
    std::optional<std::uint16_t> inet_options; ///< bits of struct inet_diag_sockopt, first is bit 0
    std::string upper_protocol;                ///< TCP_ULP: "tls", "mptcp"; empty: none
    std::vector<TcpInfoField> upper_protocol_info; ///< named and measured like tcp_info

    bool operator==(const SocketInfo&) const = default;
};

/// Whether a listener's next client has to wait until one is accepted (the kernel lets one more in
/// than the limit says); nullopt where it is no listener, or not known.
std::optional<bool> is_accept_queue_full(const SocketInfo& info);

} // namespace sockit
