#pragma once

#include "base/result.h"
#include "diag/socket_query.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/socket.h>

namespace sockit {

/// "!=" is Equal, negated.
enum class Comparison : std::uint8_t { Equal, Less, AtMost, Greater, AtLeast };

/// Which end of a connection a test looks at.
enum class SocketEnd : std::uint8_t { Local, Peer };

/// IP addresses that begin with the same bits; a prefix of IPv4 also has those in IPv6 clothes.
struct AddressPrefix {
    static constexpr std::size_t longest = 16;

    int family = AF_INET;
    std::array<std::uint8_t, longest> bytes{};
    unsigned length = 0; ///< in bits

    bool operator==(const AddressPrefix&) const = default;
};

/// `src` and `dst` of IP sockets.
struct HostTest {
    SocketEnd end = SocketEnd::Local;
    int family = AF_UNSPEC;               ///< AF_INET, AF_INET6, or AF_UNSPEC: both
    std::vector<AddressPrefix> addresses; ///< any of them; none: every address
    std::optional<std::uint16_t> port;
    std::string name; ///< of a host, until find_names() has turned it into addresses

    bool operator==(const HostTest&) const = default;
};

/// `sport` and `dport`, of IP and vsock sockets.
struct PortTest {
    SocketEnd end = SocketEnd::Local;
    int family = AF_UNSPEC; ///< as in HostTest, or AF_VSOCK
    Comparison comparison = Comparison::Equal;
    std::uint32_t port = 0;

    bool operator==(const PortTest&) const = default;
};

/// A pattern of fnmatch(3), case aside, for paths and (with @) abstract names.
struct UnixTest {
    SocketEnd end = SocketEnd::Local;
    std::string pattern;

    bool operator==(const UnixTest&) const = default;
};

struct VsockTest {
    SocketEnd end = SocketEnd::Local;
    std::optional<std::uint32_t> cid;
    std::optional<std::uint32_t> port;

    bool operator==(const VsockTest&) const = default;
};

/// netlink(7): the protocol and the port id, mostly a process id; 0 is the kernel.
struct NetlinkTest {
    SocketEnd end = SocketEnd::Local;
    std::optional<std::uint32_t> protocol;
    std::optional<std::uint32_t> port;

    bool operator==(const NetlinkTest&) const = default;
};

/// packet(7): the Ethernet protocol and the device.
struct PacketTest {
    SocketEnd end = SocketEnd::Local;
    std::optional<std::uint32_t> protocol;
    std::string device;
    std::uint32_t index = 0; ///< of `device`; 0: not known, or any

    bool operator==(const PacketTest&) const = default;
};

struct DeviceTest {
    std::string name;
    std::uint32_t index = 0; ///< 0 until find_names() has looked

    bool operator==(const DeviceTest&) const = default;
};

struct MarkTest {
    std::uint32_t mark = 0;
    std::uint32_t mask = 0xffffffff;

    bool operator==(const MarkTest&) const = default;
};

struct CgroupTest {
    std::string path;     ///< below the root of the hierarchy, with a leading slash
    std::uint64_t id = 0; ///< 0 until find_names() has looked

    bool operator==(const CgroupTest&) const = default;
};

/// The kernel chose the port, or the name. Of ports seen in user space: whether it could have.
struct AutoboundTest {
    std::uint16_t first = 32768; ///< find_names() asks this kernel
    std::uint16_t last = 60999;

    bool operator==(const AutoboundTest&) const = default;
};

struct NumberTest {
    enum class Field : std::uint8_t { Pid, Uid, Inode };

    Field field = Field::Pid;
    Comparison comparison = Comparison::Equal;
    std::uint64_t value = 0;

    bool operator==(const NumberTest&) const = default;
};

/// Names of processes, a pattern of fnmatch(3).
struct CommTest {
    std::string pattern;

    bool operator==(const CommTest&) const = default;
};

enum class FilterOperator : std::uint8_t { Not, And, Or };

/// A test, or an operator on the results of the tests before it.
using FilterStep =
    std::variant<FilterOperator, HostTest, PortTest, UnixTest, VsockTest, NetlinkTest, PacketTest,
                 DeviceTest, MarkTest, CgroupTest, AutoboundTest, NumberTest, CommTest>;

/// What the words of a filter say. The steps are in postfix order, so that nothing that works on
/// them needs a stack frame a parenthesis.
struct Filter {
    std::optional<StateMask> states; ///< nullopt: no `state` and no `exclude`
    std::vector<FilterStep> steps;   ///< none: every socket

    bool operator==(const Filter&) const = default;
};

/// The language of ss(8): `[state X | exclude X]… [EXPRESSION]`, with `pid`, `comm`, `uid`, `user`
/// and `inode` besides. `and`, `or` and nothing between two tests bind alike, from left to right;
/// `not` binds closer. A host without `inet:` and its kin is of `family`: AF_UNSPEC (IP, and unix
/// where it begins with / or @) or the one family that is listed.
///
/// Errors are usage errors of one line with the column (in characters, from 1) of the text.
/// Services and users are looked up at once; hosts, devices and control groups by find_names().
Result<Filter> parse_filter(std::string_view text, int family = AF_UNSPEC);

/// `established`, `fin-wait-1`, … in any case, ss's groups, and what ss prints (`estab`, `unconn`).
std::optional<StateMask> states_named(std::string_view name);

/// Whether sockets of that family can match as far as `unix:`, `inet:` and their kin tell: they
/// choose what is listed at all.
bool names_family(const Filter& filter, int family);

/// Whether a step of the filter is a T.
template <class T>
bool has_test(const Filter& filter)
{
    for (const auto& step : filter.steps)
        if (std::holds_alternative<T>(step))
            return true;
    return false;
}

/// Whether it asks for processes.
bool needs_owners(const Filter& filter);

} // namespace sockit
