#include "sock/sockopt.h"
#include "sock/sysctl.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

namespace sockit::THIS_FILE {
namespace {

Socket fresh(std::string_view kind)
{
    auto socket = open_kind(*parse_kind(kind));
    EXPECT_TRUE(socket) << describe_error(socket.error());
    return std::move(*socket);
}

SockoptOutcome applied(const Socket& socket, std::string_view word)
{
    return apply_sockopt(socket.ref(), *parse_sockopt_setting(word));
}

std::vector<SockoptSetting> settings(const std::vector<std::string>& words)
{
    std::vector<SockoptSetting> out;
    for (const auto& word : words)
        out.push_back(*parse_sockopt_setting(word));
    return out;
}

std::string effective(const SockoptOutcome& outcome)
{
    return outcome.effective ? sockopt_text(outcome.row, *outcome.effective) : "none";
}

std::string predicted(const SockoptOutcome& outcome)
{
    return outcome.predicted ? sockopt_text(outcome.row, *outcome.predicted) : "none";
}

std::vector<std::string> names(const std::vector<SockoptOutcome>& outcomes)
{
    std::vector<std::string> out;
    for (const auto& outcome : outcomes)
        out.push_back(sockopt_label(outcome.row));
    return out;
}

TEST(SockoptApply, BuffersAreDoubled)
{
    const auto outcome = applied(fresh("tcp4"), "SO_RCVBUF=65536");
    EXPECT_EQ(outcome.verdict, SockoptVerdict::Doubled);
    EXPECT_EQ(effective(outcome), "131072");
    EXPECT_EQ(predicted(outcome), "131072");
    EXPECT_EQ(outcome.raw, std::string("\0\0\2\0", 4));
    EXPECT_TRUE(outcome.satisfied());
}

TEST(SockoptApply, BuffersAboveTheSysctlAreClampedAndNameIt)
{
    const auto limit = read_sysctl("net.core.rmem_max");
    const auto outcome = applied(fresh("udp6"), "SO_RCVBUF=1000000000");
    EXPECT_EQ(outcome.verdict, SockoptVerdict::Clamped);
    ASSERT_TRUE(outcome.limit);
    EXPECT_EQ(outcome.limit->sysctl, "net.core.rmem_max");
    EXPECT_EQ(outcome.limit->value, limit);
    if (limit) {
        EXPECT_EQ(effective(outcome), std::to_string(2 * *limit));
        EXPECT_EQ(predicted(outcome), effective(outcome));
        // Cut, and yet more than was asked for: the doubling outweighs it.
        const auto above = applied(fresh("udp6"), "SO_RCVBUF=" + std::to_string(*limit + 1));
        EXPECT_EQ(above.verdict, SockoptVerdict::Clamped);
        EXPECT_TRUE(above.satisfied());
    }
    EXPECT_TRUE(outcome.below_request);
    EXPECT_FALSE(outcome.satisfied());
}

TEST(SockoptApply, TheLeastBufferIsARoundedRequest)
{
    const auto outcome = applied(fresh("tcp4"), "SO_RCVBUF=1");
    EXPECT_EQ(outcome.verdict, SockoptVerdict::Rounded);
    EXPECT_TRUE(outcome.satisfied());
    EXPECT_GT(std::get<std::int64_t>(outcome.effective->data), 2);
}

TEST(SockoptApply, TimesAreRoundedUpToTheClockTick)
{
    const auto outcome = applied(fresh("tcp4"), "SO_RCVTIMEO=1us");
    EXPECT_EQ(outcome.verdict, SockoptVerdict::Rounded);
    EXPECT_EQ(predicted(outcome), effective(outcome));
    EXPECT_EQ(applied(fresh("tcp4"), "SO_RCVTIMEO=1s").verdict, SockoptVerdict::Exact);
}

TEST(SockoptApply, MaskedNoEffectRefusedNotReadableAndSkipped)
{
    const auto tcp = fresh("tcp4");
    EXPECT_EQ(applied(tcp, "IP_TOS=0x13").verdict, SockoptVerdict::Masked);
    EXPECT_EQ(applied(fresh("udp4"), "IP_TOS=0x13").verdict, SockoptVerdict::Exact);
    EXPECT_EQ(applied(tcp, "TCP_THIN_DUPACK=1").verdict, SockoptVerdict::NoEffect);
    EXPECT_FALSE(applied(tcp, "TCP_THIN_DUPACK=1").satisfied());

    const auto refused = applied(tcp, "TCP_CONGESTION=nosuch");
    EXPECT_EQ(refused.verdict, SockoptVerdict::Refused);
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->code, ENOENT);
    EXPECT_EQ(refused.error->subject, "TCP_CONGESTION");
    EXPECT_EQ(refused.effective, refused.before);

    const auto unknown = applied(tcp, "6:9999=1");
    EXPECT_EQ(unknown.verdict, SockoptVerdict::Refused);
    EXPECT_EQ(unknown.error->code, ENOPROTOOPT);

    const auto unreadable = applied(fresh("udp4"), "IP_ADD_MEMBERSHIP=239.1.2.3%lo");
    EXPECT_EQ(unreadable.verdict, SockoptVerdict::NotReadable);
    EXPECT_TRUE(unreadable.satisfied());

    const auto key = applied(tcp, "TCP_FASTOPEN_KEY=hex:000102030405060708090a0b0c0d0e0f");
    EXPECT_EQ(key.verdict, SockoptVerdict::SkippedSideEffect);
    EXPECT_FALSE(key.effective);
    EXPECT_TRUE(key.raw.empty());
}

TEST(SockoptApply, LimitsOfTheRowAreKnownWithoutASysctl)
{
    const auto outcome = applied(fresh("tcp4"), "TCP_LINGER2=500");
    EXPECT_EQ(outcome.verdict, SockoptVerdict::Clamped);
    EXPECT_EQ(effective(outcome), "120");
    EXPECT_EQ(predicted(outcome), "120");
    EXPECT_FALSE(outcome.satisfied());
    const auto deferred = applied(fresh("tcp4"), "TCP_DEFER_ACCEPT=10");
    EXPECT_EQ(deferred.verdict, SockoptVerdict::Rounded);
    EXPECT_EQ(effective(deferred), "15");
}

TEST(SockoptApply, LingerOffIsExactWhateverSecondsAreKept)
{
    const auto socket = fresh("tcp4");
    EXPECT_EQ(applied(socket, "SO_LINGER=5").verdict, SockoptVerdict::Exact);
    EXPECT_EQ(applied(socket, "SO_LINGER=off").verdict, SockoptVerdict::Exact);
}

TEST(SockoptApply, TheSameNameGoesToTheLevelOfTheSocket)
{
    const auto setting = settings({"MCAST_JOIN_GROUP=ff02::77%lo"});
    const auto outcomes = apply_sockopts(fresh("udp6").ref(), setting, SockoptPhase::Fresh);
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_EQ(outcomes[0].row.level.name, "IPPROTO_IPV6");
    EXPECT_EQ(outcomes[0].verdict, SockoptVerdict::NotReadable)
        << (outcomes[0].error ? describe_error(*outcomes[0].error) : "");
}

/// A listener with the settings applied, a connection to it and its accepted end.
struct Connection {
    Socket listener;
    Socket client;
    Socket accepted;
};

Connection connection(std::string_view kind, const std::vector<SockoptSetting>& applied_first)
{
    Connection out{fresh(kind), fresh(kind), {}};
    apply_sockopts(out.listener.ref(), applied_first, SockoptPhase::Fresh);
    const bool is_unix = kind.starts_with("unix");
    const auto address = is_unix               ? Endpoint::unix_abstract("")
                         : kind.ends_with('6') ? Endpoint::from_literal("::1", 0)
                                               : Endpoint::from_literal("127.0.0.1", 0);
    if (is_unix) { // autobind (unix(7))
        sockaddr any{AF_UNIX, {}};
        EXPECT_EQ(::bind(out.listener.ref().value, &any, sizeof(sa_family_t)), 0);
    } else {
        EXPECT_TRUE(out.listener.bind(*address));
    }
    EXPECT_TRUE(out.listener.listen(1, *address));
    const auto bound = out.listener.local();
    EXPECT_TRUE(out.client.connect(*bound));
    pollfd connected{.fd = out.client.ref().value, .events = POLLOUT, .revents = 0};
    EXPECT_EQ(::poll(&connected, 1, 5000), 1);
    EXPECT_EQ(::send(out.client.ref().value, "x", 1, 0), 1); // TCP_DEFER_ACCEPT waits for it
    pollfd waiting{.fd = out.listener.ref().value, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 5000), 1);
    auto accepted = out.listener.accept();
    EXPECT_TRUE(accepted && *accepted);
    out.accepted = std::move((*accepted)->socket);
    return out;
}

TEST(SockoptApply, EachSettingBelongsToOnePhaseOfAServer)
{
    const auto all = settings({"SO_REUSEADDR=1", "SO_PRIORITY=4", "TCP_QUICKACK=0", "SO_RCVBUF=64k",
                               "TCP_NODELAY=1", "TCP_DEFER_ACCEPT=1", "SO_KEEPALIVE=1"});
    const auto listener = fresh("tcp4");
    EXPECT_EQ(names(apply_sockopts(listener.ref(), all, SockoptPhase::Fresh)),
              (std::vector<std::string>{"SO_REUSEADDR", "SO_PRIORITY", "SO_RCVBUF", "TCP_NODELAY",
                                        "TCP_DEFER_ACCEPT", "SO_KEEPALIVE"}));
    EXPECT_TRUE(apply_sockopts(listener.ref(), all, SockoptPhase::Bound).empty());
    EXPECT_TRUE(apply_sockopts(listener.ref(), all, SockoptPhase::Listening).empty());
    const auto ends = connection("tcp4", {});
    EXPECT_EQ(names(apply_sockopts(ends.accepted.ref(), all, SockoptPhase::Accepted)),
              (std::vector<std::string>{"SO_PRIORITY", "TCP_QUICKACK"}));
    EXPECT_EQ(names(apply_sockopts(ends.client.ref(), all, SockoptPhase::Connected)),
              (std::vector<std::string>{"TCP_QUICKACK"}));
}

TEST(SockoptApply, AnAcceptedUnixSocketGetsWhatItDoesNotInherit)
{
    const auto all = settings({"SO_RCVBUF=64k", "SO_PASSCRED=1", "SO_REUSEADDR=1"});
    const auto ends = connection("unix-stream", all);
    EXPECT_EQ(names(apply_sockopts(ends.accepted.ref(), all, SockoptPhase::Accepted)),
              (std::vector<std::string>{"SO_RCVBUF"}));
    EXPECT_EQ(get_sockopt(ends.accepted.ref(), *find_sockopt("SO_PASSCRED")),
              std::string("\1\0\0\0", 4));
}

/// A value other than the default for a row that can have one without harm.
std::string other_value(const SockoptRow& row, const Socket& socket)
{
    const auto bytes = get_sockopt(socket.ref(), row);
    if (!bytes)
        return {};
    switch (row.codec) {
    case SockoptCodec::Flag:
        return decode_sockopt(row, *bytes).data == SockoptValue{true}.data ? "0" : "1";
    case SockoptCodec::Timeval: return "3.5s";
    case SockoptCodec::Linger: return "7";
    case SockoptCodec::Int:
    case SockoptCodec::U32:
        if (row.unit == "bytes" || row.unit == "us")
            return "8000";
        return row.unit == "ms" ? "5000" : "3";
    default: return {};
    }
}

TEST(SockoptApply, AcceptHandsOnWhatTheTableSays)
{
    int compared = 0;
    for (const auto* kind : {"tcp4", "tcp6", "unix-stream", "unix-seqpacket"}) {
        const auto which = parse_kind(kind)->kind;
        for (const auto& row : sockopt_table()) {
            if (!has(row.get, which) || !has(row.set, which) || row.read != SockoptRead::Harmless ||
                row.when == SockoptWhen::Connected || row.name == "TCP_MAXSEG" ||
                row.name == "TCP_REPAIR" || row.name == "SO_LOCK_FILTER")
                continue;
            const auto scratch = fresh(kind);
            const auto value = other_value(row, scratch);
            if (value.empty())
                continue;
            const auto setting =
                settings({std::string(row.level.name) + "/" + std::string(row.name) + "=" + value});
            const auto outcome = apply_sockopt(scratch.ref(), setting[0]);
            if (outcome.verdict == SockoptVerdict::Refused || outcome.effective == outcome.before)
                continue; // not on this kernel, not for this user, or without effect
            SCOPED_TRACE(std::string(row.name) + " on " + kind);
            const auto ends = connection(kind, setting);
            const auto child = get_sockopt(ends.accepted.ref(), row);
            if (!child)
                continue;
            const bool handed_on = *child == outcome.raw;
            EXPECT_EQ(handed_on, has(row.inherited, which))
                << sockopt_text(row, decode_sockopt(row, *child));
            ++compared;
        }
    }
    EXPECT_GT(compared, 100);
}

TEST(SockoptApply, NothingIsAskedWithoutSettings)
{
    EXPECT_TRUE(apply_sockopts(FdRef{-1}, {}, SockoptPhase::Accepted).empty());
}

TEST(SockoptApply, PermissionErrorsNameTheCapability)
{
    const auto setting = *parse_sockopt_setting("SO_MARK=1");
    SockoptOutcome outcome;
    outcome = apply_sockopt(FdRef{-1}, setting);
    EXPECT_EQ(outcome.verdict, SockoptVerdict::Refused);
    EXPECT_EQ(outcome.error->code, EBADF);
}

TEST(SockoptApply, ReadingAFilterDoesNotOverrunItsBuffer)
{
    const auto socket = fresh("udp4");
    const auto filter = *find_sockopt("SO_ATTACH_FILTER");
    EXPECT_EQ(get_sockopt(socket.ref(), filter), std::string(4, '\0'));
}

} // namespace
} // namespace sockit::THIS_FILE
