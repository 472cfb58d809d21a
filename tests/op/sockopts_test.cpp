#include "emitted.h"
#include "op/sockopts.h"
#include "op/sockopts_scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace sockit::THIS_FILE {
namespace {

using test::Emitted;

KindTarget kind(std::string_view word) { return *parse_kind(word); }

std::vector<SockoptSetting> settings(std::initializer_list<std::string_view> words)
{
    std::vector<SockoptSetting> out;
    for (const auto word : words)
        out.push_back(*parse_sockopt_setting(word));
    return out;
}

std::string text(const SockoptRow& row, const std::optional<SockoptValue>& value)
{
    return value ? sockopt_text(row, *value) : "none";
}

TEST(SockoptsScene, EveryKindReachesThePhasesItHas)
{
    for (const auto* word :
         {"tcp4", "tcp6", "udp4", "udp6", "unix-stream", "unix-dgram", "unix-seqpacket", "netlink"})
        for (const auto phase : {SockoptPhase::Fresh, SockoptPhase::Bound, SockoptPhase::Listening,
                                 SockoptPhase::Connected, SockoptPhase::Accepted}) {
            SCOPED_TRACE(std::string(word) + " " + std::string(sockopt_phase_name(phase)));
            if (!has_phase(kind(word).kind, phase))
                continue;
            const auto scene = set_scene(kind(word), phase);
            ASSERT_TRUE(scene) << describe_error(scene.error());
            EXPECT_EQ(kind_of(scene->socket.ref()), kind(word).kind);
            const bool listening =
                get_sockopt(scene->socket.ref(), *find_sockopt("SO_ACCEPTCONN")) ==
                std::string("\1\0\0\0", 4);
            EXPECT_EQ(listening, phase == SockoptPhase::Listening);
            const bool connected =
                phase == SockoptPhase::Connected || phase == SockoptPhase::Accepted;
            if (kind(word).kind != SocketKind::Netlink) {
                EXPECT_EQ(scene->socket.peer().has_value(), connected);
            }
            EXPECT_EQ(scene->state, connected   ? SocketState::Established
                                    : listening ? SocketState::Listen
                                                : SocketState::Close);
        }
}

TEST(SockoptsScene, KindsHaveOnlySomePhases)
{
    EXPECT_FALSE(has_phase(SocketKind::Udp4, SockoptPhase::Listening));
    EXPECT_FALSE(has_phase(SocketKind::UnixDgram, SockoptPhase::Accepted));
    EXPECT_FALSE(has_phase(SocketKind::Packet, SockoptPhase::Connected));
    EXPECT_FALSE(has_phase(SocketKind::Xdp, SockoptPhase::Bound));
    EXPECT_TRUE(has_phase(SocketKind::Xdp, SockoptPhase::Fresh));
    EXPECT_TRUE(has_phase(SocketKind::Raw4, SockoptPhase::Connected));
}

TEST(SockoptsOp, ListsTheWholeTableOrWhatPasses)
{
    Emitted all;
    const auto end = list_sockopts({}, all.emit());
    ASSERT_TRUE(end);
    EXPECT_EQ(all.of<OptionListed>().size(), sockopt_table().size());
    EXPECT_EQ(end->summary.options, sockopt_table().size());
    EXPECT_TRUE(std::holds_alternative<SockoptsStarted>(all.events.front()));
    EXPECT_TRUE(std::holds_alternative<SockoptsSummary>(all.events.back()));

    Emitted some;
    const SockoptsListPlan plan{.level = 6,
                                .kind = SocketKind::Mptcp4,
                                .filters = {SockoptsFilter::Settable, SockoptsFilter::Inherited}};
    EXPECT_TRUE(list_sockopts(plan, some.emit()));
    EXPECT_FALSE(some.of<OptionListed>().empty());
    for (const auto& event : some.of<OptionListed>()) {
        EXPECT_EQ(event.row.level.number, 6);
        EXPECT_TRUE(has(event.row.get | event.row.set, SocketKind::Mptcp4)) << event.row.name;
        EXPECT_NE(event.row.inherited, 0U) << event.row.name;
        EXPECT_FALSE(event.in_full);
    }
}

TEST(SockoptsOp, AListStopsWhenNobodyReadsIt)
{
    int count = 0;
    const auto end = list_sockopts({}, [&](const Event&) { return ++count < 5; });
    EXPECT_LT(end->summary.options, 10U);
}

TEST(SockoptsOp, GetsEverythingThatAFreshSocketTells)
{
    Emitted emitted;
    const auto end = get_sockopts({.target = kind("tcp4")}, emitted.emit());
    ASSERT_TRUE(end) << describe_error(end.error());
    const auto sockets = emitted.of<SockoptsSocket>();
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0].kind->text, "tcp4");
    EXPECT_GT(sockets[0].inode, 0U);
    const auto options = emitted.of<OptionRead>();
    EXPECT_GT(options.size(), 90U);
    EXPECT_TRUE(end->failures.empty());
    EXPECT_GT(end->summary.skipped, 0U);
    for (const auto& option : options) {
        SCOPED_TRACE(option.row.name);
        EXPECT_FALSE(option.named);
        if (option.row.read != SockoptRead::Harmless) {
            EXPECT_EQ(option.verdict, SockoptVerdict::SkippedSideEffect);
            EXPECT_FALSE(option.value);
        } else if (option.value && !option.row.varies) {
            EXPECT_EQ(option.value, option.usual);
        } else if (!option.value) {
            EXPECT_EQ(option.verdict, SockoptVerdict::NotReadable);
            EXPECT_TRUE(option.error);
        }
    }
}

TEST(SockoptsOp, NamedOptionsThatCannotBeReadAreFailures)
{
    Emitted emitted;
    const auto end = get_sockopts(
        {.target = kind("udp4"),
         .rows = {sockopt_row(6, 9999), *find_sockopt("SO_TYPE"), *find_sockopt("SO_ERROR")}},
        emitted.emit());
    ASSERT_TRUE(end);
    ASSERT_EQ(end->failures.size(), 1U);
    EXPECT_EQ(end->failures[0].error->code, EOPNOTSUPP); // a level that udp does not have
    const auto options = emitted.of<OptionRead>();
    ASSERT_EQ(options.size(), 3U);
    EXPECT_EQ(text(options[1].row, options[1].value), "2");
    EXPECT_FALSE(options[2].value);
}

TEST(SockoptsOp, NothingOnAFreshSocketDiffersFromTheDefault)
{
    Emitted emitted;
    const auto end = get_sockopts({.target = kind("tcp6"), .non_default = true}, emitted.emit());
    EXPECT_TRUE(emitted.of<OptionRead>().empty());
    EXPECT_EQ(end->summary.options, 0U);
}

TEST(SockoptsOp, ADryRunPredictsAndChangesNothing)
{
    Emitted emitted;
    const SockoptsSetPlan plan{.target = kind("tcp4"),
                               .settings = settings({"SO_RCVBUF=64k", "SO_KEEPALIVE=1"})};
    const auto end = set_sockopts(plan, emitted.emit());
    const auto options = emitted.of<OptionChanged>();
    ASSERT_EQ(options.size(), 2U);
    EXPECT_TRUE(options[0].dry_run);
    EXPECT_FALSE(options[0].outcome.effective);
    EXPECT_EQ(text(options[0].outcome.row, options[0].outcome.predicted), "131072");
    EXPECT_EQ(options[1].undo, "SO_KEEPALIVE=false");
    EXPECT_TRUE(end->failures.empty());
    EXPECT_TRUE(end->summary.dry_run);
    EXPECT_TRUE(end->summary.verdicts.empty());
}

TEST(SockoptsOp, TheUndoOfADoubledBufferRestoresIt)
{
    Emitted emitted;
    const SockoptsSetPlan plan{
        .target = kind("udp4"), .settings = settings({"SO_RCVBUF=70000"}), .apply = true};
    ASSERT_TRUE(set_sockopts(plan, emitted.emit()));
    const auto changed = emitted.of<OptionChanged>()[0];
    EXPECT_EQ(changed.outcome.verdict, SockoptVerdict::Doubled);
    const auto socket = open_kind(kind("udp4"));
    apply_sockopt(socket->ref(), *parse_sockopt_setting("SO_RCVBUF=70000"));
    const auto back = apply_sockopt(socket->ref(), *parse_sockopt_setting(changed.undo));
    EXPECT_EQ(back.effective, changed.outcome.before) << changed.undo;
}

TEST(SockoptsOp, UndoIsAWordForAShell)
{
    Emitted emitted;
    const SockoptsSetPlan plan{.target = kind("tcp4"),
                               .settings = settings({"SO_BINDTODEVICE=lo", "SO_LINGER=3"}),
                               .apply = true};
    const auto end = set_sockopts(plan, emitted.emit());
    EXPECT_EQ(end->summary.undo,
              (std::vector<SockoptsUndo>{{"tcp4", "SO_BINDTODEVICE= SO_LINGER=off"}}));
}

TEST(SockoptsOp, VerifiesInThePhaseAskedFor)
{
    // The kernel takes TCP_FASTOPEN_NO_COOKIE and IPV6_V6ONLY only in some phases.
    for (const auto& [word, phase, verdict] :
         {std::tuple{"IPV6_V6ONLY=1", SockoptPhase::Fresh, SockoptVerdict::Exact},
          std::tuple{"IPV6_V6ONLY=1", SockoptPhase::Bound, SockoptVerdict::Refused},
          std::tuple{"TCP_SAVE_SYN=1", SockoptPhase::Listening, SockoptVerdict::Exact},
          std::tuple{"TCP_NODELAY=1", SockoptPhase::Connected, SockoptVerdict::Exact},
          std::tuple{"TCP_NODELAY=1", SockoptPhase::Accepted, SockoptVerdict::Exact}}) {
        SCOPED_TRACE(std::string(word) + " " + std::string(sockopt_phase_name(phase)));
        Emitted emitted;
        const auto end = verify_sockopts(
            {.kind = kind("tcp6"), .settings = settings({word}), .phase = phase}, emitted.emit());
        ASSERT_TRUE(end) << describe_error(end.error());
        EXPECT_EQ(emitted.of<SockoptsSocket>()[0].phase, phase);
        EXPECT_EQ(emitted.of<OptionChanged>()[0].outcome.verdict, verdict);
        EXPECT_EQ(end->failures.empty(), verdict == SockoptVerdict::Exact);
        EXPECT_EQ(end->summary.verdicts.at(verdict_name(verdict)), 1U);
    }
}

TEST(SockoptsOp, AKindThatCannotBeOpenedIsAnErrorBeforeAnythingIsSaid)
{
    Emitted emitted;
    const auto end =
        get_sockopts({.target = KindTarget{SocketKind::Raw4, 999, "raw4:999"}}, emitted.emit());
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().subject, "raw4:999");
    EXPECT_TRUE(emitted.events.empty());
}

} // namespace
} // namespace sockit::THIS_FILE
