#include "cmd/stat_kinds.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <array>

#include <sys/socket.h>

namespace sockit {

namespace {

/// What the words chose so far. Kinds with types are a mask of 1 << SOCK_*, the others 0 or
/// `whole`.
struct Kinds {
    std::uint32_t tcp = 0;
    std::uint32_t udp = 0;
    std::uint32_t local = 0;
    std::uint32_t raw = 0;
    std::uint32_t mptcp = 0;
    std::uint32_t packet = 0;
    std::uint32_t netlink = 0;
    std::uint32_t vsock = 0;
    bool v4 = false;
    bool v6 = false;
};

constexpr std::uint32_t whole = ~0U;
constexpr std::uint32_t stream = 1U << SOCK_STREAM;
constexpr std::uint32_t datagram = 1U << SOCK_DGRAM;
constexpr std::uint32_t seqpacket = 1U << SOCK_SEQPACKET;
constexpr std::uint32_t raw_type = 1U << SOCK_RAW;

constexpr std::array every_kind{&Kinds::tcp,   &Kinds::udp,    &Kinds::local,   &Kinds::raw,
                                &Kinds::mptcp, &Kinds::packet, &Kinds::netlink, &Kinds::vsock};
constexpr std::array inet_kinds{&Kinds::tcp, &Kinds::udp, &Kinds::raw, &Kinds::mptcp};

/// A word of -A that stands for one kind, or for some types of it.
struct KindName {
    std::string_view name;
    std::uint32_t Kinds::* kind;
    std::uint32_t types;
};

constexpr std::array kind_names{
    KindName{"tcp", &Kinds::tcp, whole},
    KindName{"udp", &Kinds::udp, whole},
    KindName{"raw", &Kinds::raw, whole},
    KindName{"mptcp", &Kinds::mptcp, whole},
    KindName{"unix", &Kinds::local, whole},
    KindName{"unix_stream", &Kinds::local, stream},
    KindName{"u_str", &Kinds::local, stream},
    KindName{"unix_dgram", &Kinds::local, datagram},
    KindName{"u_dgr", &Kinds::local, datagram},
    KindName{"unix_seqpacket", &Kinds::local, seqpacket},
    KindName{"u_seq", &Kinds::local, seqpacket},
    KindName{"packet", &Kinds::packet, whole},
    KindName{"p", &Kinds::packet, whole},
    KindName{"packet_raw", &Kinds::packet, raw_type},
    KindName{"p_raw", &Kinds::packet, raw_type},
    KindName{"packet_dgram", &Kinds::packet, datagram},
    KindName{"p_dgr", &Kinds::packet, datagram},
    KindName{"netlink", &Kinds::netlink, whole},
    KindName{"vsock", &Kinds::vsock, whole},
    KindName{"vsock_stream", &Kinds::vsock, stream},
    KindName{"v_str", &Kinds::vsock, stream},
    KindName{"vsock_dgram", &Kinds::vsock, datagram},
    KindName{"v_dgr", &Kinds::vsock, datagram},
};

void choose(Kinds& kinds, std::uint32_t Kinds::* kind, std::uint32_t types, bool wanted)
{
    kinds.*kind = wanted ? kinds.*kind | types : kinds.*kind & ~types;
}

Result<> choose_query(std::string_view word, Kinds& kinds)
{
    const bool wanted = !word.starts_with('!');
    const auto name = wanted ? word : word.substr(1);
    if (name == "all" || name == "inet") {
        for (auto Kinds::* const kind : every_kind)
            if (name == "all" || std::ranges::find(inet_kinds, kind) != inet_kinds.end())
                choose(kinds, kind, whole, wanted);
        return {};
    }
    const auto found = std::ranges::find(kind_names, name, &KindName::name);
    if (found == kind_names.end())
        return bad_value("--query", word,
                         "expected all, inet, tcp, udp, raw, mptcp, unix, unix_stream, unix_dgram, "
                         "unix_seqpacket, packet, packet_raw, packet_dgram, netlink or vsock");
    choose(kinds, found->kind, found->types, wanted);
    return {};
}

Result<> choose_family(std::string_view word, Kinds& kinds)
{
    if (word == "inet")
        kinds.v4 = true;
    else if (word == "inet6")
        kinds.v6 = true;
    else if (word == "unix")
        kinds.local = whole;
    else if (word == "link")
        kinds.packet = whole;
    else if (word == "netlink")
        kinds.netlink = whole;
    else if (word == "vsock")
        kinds.vsock = whole;
    else
        return bad_value("--family", word, "expected inet, inet6, unix, link, netlink or vsock");
    return {};
}

std::uint32_t types_of(std::uint32_t kind) { return kind == whole ? 0 : kind; }

Result<Kinds> kinds_of_words(const StatArgs& args)
{
    Kinds kinds;
    kinds.tcp = args.tcp ? whole : 0;
    kinds.udp = args.udp ? whole : 0;
    kinds.local = args.local ? whole : 0;
    kinds.raw = args.raw ? whole : 0;
    kinds.mptcp = args.mptcp ? whole : 0;
    kinds.packet = args.packet ? whole : 0;
    kinds.vsock = args.vsock ? whole : 0;
    kinds.v4 = args.v4;
    kinds.v6 = args.v6;
    for (const auto& family : args.families)
        TRY(choose_family(family, kinds));
    for (const auto& list : args.queries) {
        std::string_view rest = list;
        while (true) {
            const auto comma = rest.find(',');
            TRY(choose_query(rest.substr(0, comma), kinds));
            if (comma == std::string_view::npos)
                break;
            rest.remove_prefix(comma + 1);
        }
    }
    return kinds;
}

} // namespace

Result<bool> plan_kinds(const StatArgs& args, StatPlan& plan)
{
    auto kinds = TRY(kinds_of_words(args));
    const auto is_chosen = [&](auto Kinds::* kind) { return kinds.*kind != 0; };
    const bool some_family = kinds.v4 || kinds.v6;
    const bool some_kind = std::ranges::any_of(every_kind, is_chosen);
    if (!some_kind && !args.queries.empty())
        return Failure(Error::usage("--query leaves no kind of socket"));
    if (some_family && !some_kind)
        for (auto Kinds::* const kind : inet_kinds)
            kinds.*kind = whole;
    else if (!some_kind)
        for (auto Kinds::* const kind : every_kind)
            kinds.*kind = whole;
    plan.tcp = kinds.tcp != 0;
    plan.udp = kinds.udp != 0;
    plan.local = kinds.local != 0;
    plan.raw = kinds.raw != 0;
    plan.mptcp = kinds.mptcp != 0;
    plan.packet = kinds.packet != 0;
    plan.netlink = kinds.netlink != 0;
    plan.vsock = kinds.vsock != 0;
    plan.local_types = types_of(kinds.local);
    plan.packet_types = types_of(kinds.packet);
    plan.vsock_types = types_of(kinds.vsock);
    plan.v4 = kinds.v4 || !some_family;
    plan.v6 = kinds.v6 || !some_family;
    return some_kind || some_family;
}

} // namespace sockit
