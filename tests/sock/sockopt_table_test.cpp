#include "sock/sockopt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <sys/utsname.h>

namespace sockit::THIS_FILE {
namespace {

/// "6.18.44-foo" as 6018.
int version(std::string_view text)
{
    int major = 0;
    int minor = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, major);
    if (parsed.ptr != end && *parsed.ptr == '.')
        std::from_chars(parsed.ptr + 1, end, minor);
    return major * 1000 + minor;
}

int kernel()
{
    utsname name{};
    uname(&name);
    return version(name.release);
}

/// Options that depend on how the kernel was built, on a security module, or on what is loaded.
bool depends_on_build(const SockoptRow& row)
{
    static const std::set<std::string_view> names{
        "SO_PEERSEC",           "SO_BUSY_POLL", "SO_PREFER_BUSY_POLL", "SO_INCOMING_NAPI_ID",
        "SO_BINDTODEVICE",      "TCP_AO_INFO",  "TCP_AO_REPAIR",       "SO_ORIGINAL_DST",
        "IP6T_SO_ORIGINAL_DST", "MRT_VERSION",
    };
    return names.contains(row.name);
}

struct Opened {
    SocketKind kind;
    Socket socket;
};

/// One fresh socket of every kind that this kernel and user can have.
std::vector<Opened> open_all()
{
    std::vector<Opened> out;
    for (const auto kind : all_kinds()) {
        KindTarget target{kind, 0, std::string(kind_name(kind))};
        if (kind == SocketKind::Raw4)
            target.protocol = 1;
        if (kind == SocketKind::Raw6)
            target.protocol = 58;
        if (auto socket = open_kind(target))
            out.push_back({kind, std::move(*socket)});
    }
    return out;
}

std::string label(const SockoptRow& row, SocketKind kind)
{
    return std::string(row.level.name) + " " + sockopt_label(row) + " on " +
           std::string(kind_name(kind));
}

TEST(SockoptTable, HoldsThreeHundredRows) { EXPECT_GE(sockopt_table().size(), 300U); }

TEST(SockoptTable, NumbersAndNamesAreUniqueWithinALevel)
{
    std::map<std::pair<int, int>, std::string_view> numbers;
    std::set<std::pair<int, std::string_view>> names;
    for (const auto& row : sockopt_table()) {
        const auto [other, fresh] = numbers.try_emplace({row.level.number, row.number}, row.name);
        EXPECT_TRUE(fresh) << row.name << " has the number of " << other->second;
        EXPECT_TRUE(names.insert({row.level.number, row.name}).second) << row.name;
    }
}

TEST(SockoptTable, IsSortedByLevelAndNumber)
{
    std::vector<SockoptLevel> seen;
    int last = -1;
    for (const auto& row : sockopt_table()) {
        if (seen.empty() || seen.back() != row.level) {
            EXPECT_EQ(std::ranges::count(seen, row.level), 0) << row.name;
            seen.push_back(row.level);
            last = -1;
        }
        EXPECT_GT(row.number, last) << row.name;
        last = row.number;
    }
    EXPECT_TRUE(std::ranges::equal(seen, sockopt_levels()));
}

TEST(SockoptTable, EveryRowIsComplete)
{
    for (const auto& row : sockopt_table()) {
        SCOPED_TRACE(row.name);
        EXPECT_FALSE(row.help.empty());
        EXPECT_FALSE(row.help.ends_with('.'));
        EXPECT_NE(row.codec, SockoptCodec::Unknown);
        EXPECT_NE(codec_name(row.codec), "unknown");
        EXPECT_EQ(row.get & row.get_later, 0U);
        EXPECT_EQ(row.settable() || row.gettable(),
                  row.when != SockoptWhen::Never || row.gettable() || row.settable());
        if (row.when == SockoptWhen::ReadOnly || row.when == SockoptWhen::Never) {
            EXPECT_FALSE(row.settable());
        }
        EXPECT_EQ(row.inherited & ~row.set, 0U);
        if (row.transform == SockoptTransform::Doubled) {
            EXPECT_FALSE(row.limit.empty());
            EXPECT_GT(row.low, 0);
        }
        if (row.transform == SockoptTransform::Masked) {
            EXPECT_NE(row.mask, 0);
        }
        if (row.codec == SockoptCodec::Flag) {
            EXPECT_EQ(row.unit, "bool");
        }
        if (row.when != SockoptWhen::Never) {
            EXPECT_FALSE(row.since.empty());
        }
    }
}

TEST(SockoptTable, EveryRowReadsAsItClaimsOnEveryKindOfSocket)
{
    const auto running = kernel();
    const auto measured = version("6.18");
    const auto sockets = open_all();
    ASSERT_GE(sockets.size(), 7U);
    int read = 0;
    for (const auto& [kind, socket] : sockets)
        for (const auto& row : sockopt_table()) {
            if (row.read != SockoptRead::Harmless)
                continue;
            SCOPED_TRACE(label(row, kind));
            const auto bytes = get_sockopt(socket.ref(), row);
            const bool claimed = has(row.get, kind);
            const bool known = version(row.since) <= running;
            if (bytes && (claimed || has(row.get_later, kind))) {
                ++read;
                const auto value = decode_sockopt(row, *bytes);
                const bool decoded = !std::holds_alternative<SockoptBytes>(value.data);
                EXPECT_TRUE(decoded || row.codec == SockoptCodec::Bytes ||
                            row.codec == SockoptCodec::CongestionInfo || bytes->empty())
                    << sockopt_text(row, value);
                continue;
            }
            if (claimed && known && !depends_on_build(row)) {
                EXPECT_TRUE(bytes) << describe_error(bytes.error());
            } else if (!claimed && running <= measured) {
                EXPECT_FALSE(bytes) << "answers although the row says it does not";
            }
            if (!bytes) {
                EXPECT_TRUE(std::set({ENOPROTOOPT, EOPNOTSUPP, EINVAL, ENOTCONN, ENODATA, EPERM,
                                      ENOENT, EADDRNOTAVAIL, EBUSY})
                                .contains(bytes.error().code))
                    << describe_error(bytes.error());
            }
        }
    EXPECT_GT(read, 700);
}

/// Values that a fresh socket returns but does not take back, and why not.
const std::map<std::string_view, std::set<int>> not_taken_back{
    {"TCP_ULP", {EINVAL, ENOENT}},          // an empty name
    {"TCP_TIMESTAMP", {EPERM}},             // repair mode only
    {"TCP_REPAIR_QUEUE", {EPERM, EINVAL}},  // repair mode only
    {"IP_ROUTER_ALERT", {ENOBUFS}},         // off, when it was not on
    {"IPV6_ROUTER_ALERT", {ENOPROTOOPT}},   // sockets of IPPROTO_RAW only
    {"IPV6_CHECKSUM", {EINVAL}},            // fixed for ICMPv6 (RFC 3542)
    {"PACKET_FANOUT", {EINVAL, ENOENT}},    // a bound socket only
    {"SO_RESERVE_MEM", {EOPNOTSUPP}},       // without a memory control group
    {"SO_TXTIME", {EPERM}},                 // clocks other than CLOCK_MONOTONIC need a capability
    {"TCP_TX_DELAY", {EPERM, ENOPROTOOPT}}, // needs a capability in some kernels
    {"TCP_FASTOPEN_CONNECT", {EOPNOTSUPP}}, // client bit of the sysctl
};

TEST(SockoptTable, EverySettableOptionTakesBackWhatItReads)
{
    const auto running = kernel();
    int written = 0;
    for (const auto& [kind, socket] : open_all())
        for (const auto& row : sockopt_table()) {
            if (!has(row.set, kind) || !has(row.get, kind) || version(row.since) > running ||
                row.read != SockoptRead::Harmless || row.codec == SockoptCodec::Filter ||
                depends_on_build(row))
                continue;
            SCOPED_TRACE(label(row, kind));
            const auto bytes = get_sockopt(socket.ref(), row);
            ASSERT_TRUE(bytes);
            const auto text = sockopt_text(row, decode_sockopt(row, *bytes));
            const auto encoded = encode_sockopt(row, text);
            ASSERT_TRUE(encoded) << text << ": " << message(encoded.error());
            const auto set = set_sockopt(socket.ref(), row, *encoded);
            if (set) {
                ++written;
                continue;
            }
            const auto listed = not_taken_back.find(row.name);
            EXPECT_TRUE(listed != not_taken_back.end() && listed->second.contains(set.error().code))
                << describe_error(set.error()) << " " << text;
        }
    EXPECT_GT(written, 500);
}

TEST(SockoptTable, NothingThatReadingChangesIsMarkedHarmless)
{
    for (const auto* name :
         {"SO_ERROR", "TCP_SAVED_SYN", "PACKET_STATISTICS", "SO_PEERPIDFD", "TCP_FASTOPEN_KEY",
          "TLS_TX", "TLS_RX", "TCP_AO_GET_KEYS", "TCP_ZEROCOPY_RECEIVE"})
        EXPECT_NE(find_sockopt(name)->read, SockoptRead::Harmless) << name;
}

} // namespace
} // namespace sockit::THIS_FILE
