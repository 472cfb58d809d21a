#pragma once

#include "sock/socket_kind.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sockit {

/// How the bytes of an option are read and written. Integers are in the byte order of the machine.
enum class SockoptCodec : std::uint8_t {
    Unknown, ///< not in the table: an int where the kernel returns 4 bytes, else bytes
    Flag,    ///< int used as a truth value
    Int,     ///< int
    U32,
    U64,
    Cookie, ///< u64: an identifier, in hexadecimal
    U16,
    Descriptor,   ///< int: a file descriptor
    Errno,        ///< int: an errno value
    Interface,    ///< int: an interface index; set by name too
    InterfaceNet, ///< the same in network byte order
    Timeval,      ///< two 64-bit integers: seconds, microseconds
    Linger,       ///< struct linger
    Text,         ///< bytes up to the first NUL, at most 15 when set
    Bytes,
    PortRange,          ///< u32: low port in the low half, high port in the high half
    MulticastInterface, ///< set: in_addr, or ip_mreqn by interface; read: in_addr
    Group4,             ///< struct ip_mreqn
    Group6,             ///< struct ipv6_mreq
    Group,              ///< struct group_req
    Source4,            ///< struct ip_mreq_source
    Source,             ///< struct group_source_req
    Address,            ///< a sockaddr
    MtuInfo,            ///< struct ip6_mtuinfo
    Filter,         ///< a BPF program: set needs a pointer; read returns the number of instructions
    U32List,        ///< u32[]
    GroupBitmap,    ///< u32[] as bits: netlink groups, counted from 1
    TcpInfo,        ///< struct tcp_info, as far as the kernel fills it
    MptcpTcpInfo,   ///< struct mptcp_subflow_data, then a struct tcp_info per subflow
    MptcpAddresses, ///< struct mptcp_subflow_data, then two addresses per subflow
    // Structs of plain members (sockopt_struct.h): objects when read, numbers and commas when set.
    Ucred,
    Meminfo,
    Txtime,
    Timestamping,
    CongestionInfo, ///< struct tcp_bbr_info; the algorithms whose structs have another length:
                    ///< Bytes
    RepairWindow,
    MptcpInfo,
    MptcpFullInfo,
    RingRequest, ///< struct tpacket_req
    PacketStatistics,
    RolloverStatistics,
    XdpOffsets,
    XdpUmem,
    XdpStatistics,
};

/// Until when in the life of a socket an option must be set to have effect. The kernel often takes
/// it later all the same.
enum class SockoptWhen : std::uint8_t {
    Any,
    BeforeBind,
    BeforeListen,
    BeforeConnect, ///< or before listen()
    AfterBind,
    Connected, ///< a connected or accepted socket only
    ReadOnly,
    Never, ///< no kernel implements it as an option
};

/// What the kernel makes of a value. Prose is in SockoptRow::note.
enum class SockoptTransform : std::uint8_t {
    Kept,
    Doubled,          ///< cut to `limit`, doubled, raised to `low`
    DoubledUnlimited, ///< doubled, raised to `low`
    Clamped,          ///< brought between `low` and `high` (or `limit`)
    RoundedToJiffy,   ///< up to the clock tick
    RoundedToPage,
    Rounded, ///< to what the protocol can express
    Masked,  ///< only the bits of `mask` are kept
    Ignored, ///< taken, and nothing happens
};

/// Why reading an option is not always harmless. A dump reads Harmless rows only.
enum class SockoptRead : std::uint8_t {
    Harmless,
    Consumes,   ///< clears, resets or hands out what it returns
    Secret,     ///< returns key material
    NeedsInput, ///< answers only a question put into the buffer
};

struct SockoptLevel {
    std::string_view name; ///< "SOL_SOCKET", "IPPROTO_TCP"; empty for a level we have no name for
    int number = 0;

    bool operator==(const SockoptLevel&) const = default;
};

/// A named value of an option.
struct SockoptSymbol {
    std::string_view name;
    std::int64_t value;
};

/// One socket option: all there is to know about it, for every user of options. The numbers are
/// those of the generic architectures (x86, arm, riscv, s390 …; not alpha, mips, parisc, sparc,
/// powerpc). Facts that depend on the kernel or its settings, defaults above all, are not here: ask
/// the kernel.
struct SockoptRow {
    SockoptLevel level;
    std::string_view name; ///< empty for a number that is not in the table
    int number = 0;
    SockoptCodec codec = SockoptCodec::Unknown;
    std::string_view unit = {}; ///< "bool", "bytes", "seconds", …; empty for none
    KindMask get = 0;           ///< kinds on which a fresh socket can be asked
    KindMask get_later = 0;     ///< kinds that answer in a certain state only
    KindMask set = 0;
    KindMask inherited = 0; ///< kinds on which accept() hands the listener's value on
    SockoptWhen when = SockoptWhen::Any;
    SockoptTransform transform = SockoptTransform::Kept;
    std::int64_t low = 0;        ///< of Doubled and Clamped
    std::int64_t high = 0;       ///< of Clamped; 0 for none
    std::int64_t mask = 0;       ///< of Masked
    std::string_view limit = {}; ///< the sysctl that cuts the value: "net.core.rmem_max"
    SockoptRead read = SockoptRead::Harmless;
    bool varies = false; ///< differs from socket to socket: there is no default to compare with
    std::span<const SockoptSymbol> symbols = {};
    std::string_view privilege = {}; ///< capability, and for what; empty for none
    std::string_view sysctls = {};   ///< related ones, separated by spaces
    std::string_view since = {};     ///< first Linux that has it
    std::string_view note = {};
    std::string_view help = {};

    [[nodiscard]] bool in_table() const { return !name.empty(); }
    [[nodiscard]] bool gettable() const { return (get | get_later) != 0; }
    [[nodiscard]] bool settable() const { return set != 0; }

    /// The same option: level and number say it all.
    bool operator==(const SockoptRow& other) const
    {
        return level.number == other.level.number && number == other.number;
    }
};

/// Every row, by level and number.
std::span<const SockoptRow> sockopt_table();

/// The levels that have rows, in the order of the table.
std::span<const SockoptLevel> sockopt_levels();

/// The row's name, or `LEVEL/NUMBER` of an option that is not in the table.
std::string sockopt_label(const SockoptRow& row);

/// "flag", "int", "timeval", "struct ucred", …: the C type.
std::string_view codec_name(SockoptCodec codec);
/// "any time", "before bind", ….
std::string_view when_name(SockoptWhen when);
/// "doubled", "clamped", … or "none".
std::string_view transform_name(SockoptTransform transform);

} // namespace sockit
