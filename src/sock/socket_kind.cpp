#include "sock/socket_kind.h"

#include "base/escape.h"
#include "base/parse.h"
#include "base/suggest.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

using enum SocketKind;

// Our own numbers: headers say nothing about the running kernel.
constexpr int protocol_mptcp = 262;
constexpr int protocol_udplite = 136;
constexpr int family_xdp = 44;

struct KindRow {
    SocketKind kind;
    std::string_view name;
    SocketArguments arguments;
};

// A packet socket of protocol 0 receives nothing, which is all that options need (packet(7)).
constexpr std::array kind_rows{
    KindRow{Tcp4, "tcp4", {AF_INET, SOCK_STREAM, IPPROTO_TCP}},
    KindRow{Tcp6, "tcp6", {AF_INET6, SOCK_STREAM, IPPROTO_TCP}},
    KindRow{Udp4, "udp4", {AF_INET, SOCK_DGRAM, IPPROTO_UDP}},
    KindRow{Udp6, "udp6", {AF_INET6, SOCK_DGRAM, IPPROTO_UDP}},
    KindRow{UnixStream, "unix-stream", {AF_UNIX, SOCK_STREAM, 0}},
    KindRow{UnixDgram, "unix-dgram", {AF_UNIX, SOCK_DGRAM, 0}},
    KindRow{UnixSeqpacket, "unix-seqpacket", {AF_UNIX, SOCK_SEQPACKET, 0}},
    KindRow{Mptcp4, "mptcp4", {AF_INET, SOCK_STREAM, protocol_mptcp}},
    KindRow{Mptcp6, "mptcp6", {AF_INET6, SOCK_STREAM, protocol_mptcp}},
    KindRow{Vsock, "vsock", {AF_VSOCK, SOCK_STREAM, 0}},
    KindRow{Netlink, "netlink", {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}},
    KindRow{Packet, "packet", {AF_PACKET, SOCK_RAW, 0}},
    KindRow{Raw4, "raw4", {AF_INET, SOCK_RAW, 0}},
    KindRow{Raw6, "raw6", {AF_INET6, SOCK_RAW, 0}},
    KindRow{Udplite4, "udplite4", {AF_INET, SOCK_DGRAM, protocol_udplite}},
    KindRow{Udplite6, "udplite6", {AF_INET6, SOCK_DGRAM, protocol_udplite}},
    KindRow{Xdp, "xdp", {family_xdp, SOCK_RAW, 0}},
};

constexpr auto kinds = [] {
    std::array<SocketKind, kind_rows.size()> out{};
    std::ranges::transform(kind_rows, out.begin(), &KindRow::kind);
    return out;
}();

constexpr auto names = [] {
    std::array<std::string_view, kind_rows.size()> out{};
    std::ranges::transform(kind_rows, out.begin(), &KindRow::name);
    return out;
}();

const KindRow& row_of(SocketKind kind) { return kind_rows[static_cast<std::size_t>(kind)]; }

bool is_raw(SocketKind kind) { return kind == Raw4 || kind == Raw6; }

Failure unknown_kind(std::string_view word, std::string_view name)
{
    auto failure = bad_value("kind of socket", word, "");
    const auto meant = nearest(name, names);
    failure.error().hint = meant ? "did you mean " + std::string(*meant) + "?"
                                 : "sockit sockopts --help lists the kinds";
    return failure;
}

struct Protocol {
    std::string_view name;
    int number;
};

/// Known without a protocols database, which small systems lack.
constexpr std::array protocols{
    Protocol{"icmp", IPPROTO_ICMP},     Protocol{"igmp", IPPROTO_IGMP},
    Protocol{"tcp", IPPROTO_TCP},       Protocol{"udp", IPPROTO_UDP},
    Protocol{"icmpv6", IPPROTO_ICMPV6}, Protocol{"icmp6", IPPROTO_ICMPV6},
    Protocol{"raw", IPPROTO_RAW},
};

Result<int> parse_protocol(std::string_view text, std::string_view word)
{
    constexpr std::uint64_t most = 255;
    if (const auto number = parse_number(text, "protocol", 0, most))
        return static_cast<int>(*number);
    if (const auto found = std::ranges::find(protocols, text, &Protocol::name);
        found != protocols.end())
        return found->number;
    if (const protoent* entry = getprotobyname(std::string(text).c_str()))
        return entry->p_proto;
    return bad_value("kind of socket", word, "expected a protocol name or number after the colon");
}

/// Unix kinds differ by type, IP kinds by type and protocol; the others have one kind a family.
bool is_kind(const KindRow& row, int family, int type, int protocol)
{
    const auto& arguments = row.arguments;
    if (arguments.family != family)
        return false;
    if (is_raw(row.kind))
        return type == SOCK_RAW;
    if (family == AF_INET || family == AF_INET6)
        return arguments.type == type && arguments.protocol == protocol;
    return family != AF_UNIX || arguments.type == type;
}

int get_int(FdRef socket, int option, int& error)
{
    int value = 0;
    socklen_t length = sizeof value;
    if (getsockopt(socket.value, SOL_SOCKET, option, &value, &length) != 0 && error == 0)
        error = errno;
    return value;
}

} // namespace

std::span<const SocketKind> all_kinds() { return kinds; }

std::string_view kind_name(SocketKind kind) { return row_of(kind).name; }

Result<SocketKind> parse_kind_name(std::string_view word)
{
    const auto found = std::ranges::find(kind_rows, word, &KindRow::name);
    if (found == kind_rows.end())
        return unknown_kind(word, word);
    return found->kind;
}

Result<KindTarget> parse_kind(std::string_view word)
{
    const auto colon = word.find(':');
    const auto name = word.substr(0, colon);
    const auto found = std::ranges::find(kind_rows, name, &KindRow::name);
    if (found == kind_rows.end())
        return unknown_kind(word, name);
    KindTarget target{found->kind, 0, std::string(word)};
    if (is_raw(found->kind)) {
        if (colon == std::string_view::npos)
            return bad_value("kind of socket", word,
                             "a raw socket needs a protocol, for example " + std::string(word) +
                                 (found->kind == Raw4 ? ":icmp" : ":icmpv6"));
        target.protocol = TRY(parse_protocol(word.substr(colon + 1), word));
    } else if (colon != std::string_view::npos) {
        return bad_value("kind of socket", word, "only raw4 and raw6 take a protocol");
    }
    return target;
}

SocketArguments socket_arguments(const KindTarget& target)
{
    SocketArguments arguments = row_of(target.kind).arguments;
    if (is_raw(target.kind))
        arguments.protocol = target.protocol;
    return arguments;
}

Result<Socket> open_kind(const KindTarget& target)
{
    const auto [family, type, protocol] = socket_arguments(target);
    auto socket = Socket::open(family, type, protocol);
    if (!socket)
        socket.error().subject = target.text;
    return socket;
}

Result<SocketKind> kind_of(FdRef socket)
{
    int error = 0;
    const int family = get_int(socket, SO_DOMAIN, error);
    const int type = get_int(socket, SO_TYPE, error);
    const int protocol = get_int(socket, SO_PROTOCOL, error);
    if (error != 0)
        return Failure(Error::from_errno(Phase::Socket, "getsockopt", "SO_DOMAIN", error));
    const auto found = std::ranges::find_if(
        kind_rows, [&](const KindRow& row) { return is_kind(row, family, type, protocol); });
    if (found != kind_rows.end())
        return found->kind;
    return Failure(Error::unsupported("getsockopt", "a socket of family " + std::to_string(family) +
                                                        ", type " + std::to_string(type)));
}

} // namespace sockit
