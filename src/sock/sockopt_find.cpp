#include "base/escape.h"
#include "base/parse.h"
#include "base/suggest.h"
#include "sock/sockopt.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sockit {

namespace {

/// Other names of rows: the kernel's and socat's.
struct Alias {
    std::string_view name; ///< as simplify() leaves it
    std::string_view row;
};

constexpr std::array aliases{
    Alias{"sogetfilter", "SO_ATTACH_FILTER"},
    Alias{"sodetachbpf", "SO_DETACH_FILTER"},
    Alias{"sotimestampold", "SO_TIMESTAMP"},
    Alias{"sotimestampnsold", "SO_TIMESTAMPNS"},
    Alias{"sotimestampingold", "SO_TIMESTAMPING"},
    Alias{"sorcvtimeoold", "SO_RCVTIMEO"},
    Alias{"sosndtimeoold", "SO_SNDTIMEO"},
    Alias{"ipv6joingroup", "IPV6_ADD_MEMBERSHIP"},
    Alias{"ipv6leavegroup", "IPV6_DROP_MEMBERSHIP"},
    Alias{"joingroup", "IPV6_ADD_MEMBERSHIP"},
    Alias{"leavegroup", "IPV6_DROP_MEMBERSHIP"},
    Alias{"iporigdstaddr", "IP_RECVORIGDSTADDR"},
    Alias{"ipv6origdstaddr", "IPV6_RECVORIGDSTADDR"},
    Alias{"iprecvretopts", "IP_RETOPTS"},
    Alias{"tcpcminq", "TCP_INQ"},
    Alias{"mss", "TCP_MAXSEG"},
    Alias{"ipv6only", "IPV6_V6ONLY"},
    Alias{"hoplimit", "IPV6_UNICAST_HOPS"},
    Alias{"if", "SO_BINDTODEVICE"},
    Alias{"interface", "SO_BINDTODEVICE"},
};

constexpr std::array<std::string_view, 14> prefixes{
    "SO_VM_SOCKETS_", "SO_",     "TCP_",     "IP_",  "IPV6_", "UDP_",    "UDPLITE_",
    "MPTCP_",         "PACKET_", "NETLINK_", "TLS_", "XDP_",  "ICMPV6_", "ICMP_"};

/// Lower case without `-` and `_`, so that `so-rcvbuf`, `SO_RCVBUF` and `so_rcvbuf` are one.
std::string simplify(std::string_view name)
{
    std::string out;
    for (const char c : name)
        if (c != '-' && c != '_')
            out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

std::string_view without_prefix(std::string_view name)
{
    for (const auto prefix : prefixes)
        if (name.starts_with(prefix))
            return name.substr(prefix.size());
    return name;
}

bool known_to(const SockoptRow& row, std::optional<SocketKind> kind)
{
    return kind && has(row.get | row.get_later | row.set, *kind);
}

/// The first row that `matches`, or a later one if only that is known to the kind.
template <class Matches>
const SockoptRow* choose(std::optional<SocketKind> kind, Matches matches)
{
    const SockoptRow* first = nullptr;
    for (const auto& row : sockopt_table()) {
        if (!matches(row))
            continue;
        if (first == nullptr)
            first = &row;
        if (known_to(row, kind))
            return &row;
    }
    return first;
}

const SockoptRow* find_named(std::string_view name, std::optional<SocketKind> kind,
                             std::optional<int> level)
{
    const auto word = simplify(name);
    const auto on_level = [&](const SockoptRow& row) {
        return !level || row.level.number == *level;
    };
    if (const auto* row = choose(kind, [&](const SockoptRow& candidate) {
            return on_level(candidate) && simplify(candidate.name) == word;
        }))
        return row;
    const auto* const alias = std::ranges::find(aliases, word, &Alias::name);
    const std::string_view meant = alias != aliases.end() ? alias->row : std::string_view{};
    return choose(kind, [&](const SockoptRow& candidate) {
        if (!on_level(candidate))
            return false;
        return meant.empty() ? simplify(without_prefix(candidate.name)) == word
                             : candidate.name == meant;
    });
}

/// `tcp` for IPPROTO_TCP and SOL_TCP.
std::string bare_level(std::string_view name)
{
    auto out = simplify(name);
    for (const std::string_view prefix : {"ipproto", "sol", "af"})
        if (out.starts_with(prefix))
            return out.substr(prefix.size());
    return out;
}

Failure unknown_option(std::string_view name)
{
    Error error = Error::usage("unknown socket option " + quote(name));
    std::vector<std::string_view> full;
    std::vector<std::string_view> bare;
    for (const auto& row : sockopt_table()) {
        full.push_back(row.name);
        bare.push_back(without_prefix(row.name));
    }
    auto close = nearest(name, full);
    if (!close)
        if (const auto found = nearest(name, bare))
            close = full[static_cast<std::size_t>(std::ranges::find(bare, *found) - bare.begin())];
    error.hint =
        close ? "did you mean " + std::string(*close) + "?" : "sockit sockopts list shows them all";
    return Failure(std::move(error));
}

} // namespace

Result<int> parse_sockopt_level(std::string_view word)
{
    constexpr auto most = std::numeric_limits<int>::max();
    if (const auto number = parse_number(word, "level", 0, most))
        return static_cast<int>(*number);
    const auto wanted = bare_level(word);
    std::vector<std::string_view> names;
    for (const auto& level : sockopt_levels()) {
        if (bare_level(level.name) == wanted)
            return level.number;
        names.push_back(level.name);
    }
    auto failure = bad_value("level of socket options", word, "");
    if (const auto close = nearest(word, names)) {
        failure.error().hint = "did you mean " + std::string(*close) + "?";
        return failure;
    }
    failure.error().hint = "levels are";
    for (const auto name : names)
        failure.error().hint += " " + std::string(name);
    return failure;
}

SockoptRow sockopt_row(int level, int number)
{
    for (const auto& row : sockopt_table())
        if (row.level.number == level && row.number == number)
            return row;
    SockoptRow row;
    row.level.number = level;
    row.number = number;
    for (const auto& known : sockopt_levels())
        if (known.number == level)
            row.level = known;
    return row;
}

Result<SockoptRow> find_sockopt(std::string_view name, std::optional<SocketKind> kind)
{
    const auto separator = name.find_first_of("/:");
    if (separator == std::string_view::npos) {
        const auto* row = find_named(name, kind, std::nullopt);
        return row != nullptr ? Result<SockoptRow>(*row) : unknown_option(name);
    }
    const auto level = TRY(parse_sockopt_level(name.substr(0, separator)));
    const auto rest = name.substr(separator + 1);
    constexpr auto most = std::numeric_limits<int>::max();
    if (const auto number = parse_number(rest, "number", 0, most))
        return sockopt_row(level, static_cast<int>(*number));
    const auto* row = find_named(rest, kind, level);
    return row != nullptr ? Result<SockoptRow>(*row) : unknown_option(rest);
}

} // namespace sockit
