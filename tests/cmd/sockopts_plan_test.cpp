#include "base/error.h"
#include "cmd/sockopts.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace sockit::THIS_FILE {
namespace {

using Words = std::vector<std::string>;

std::string wrong(const SockoptsArgs& args)
{
    const auto plan = plan_sockopts(args);
    if (plan)
        return "no error";
    EXPECT_EQ(plan.error().domain, Domain::Usage);
    return message(plan.error()) + (plan.error().hint.empty() ? "" : " | " + plan.error().hint);
}

TEST(SockoptsPlan, List)
{
    const auto plan = plan_sockopts({.act = SockoptsAct::List,
                                     .level = "tcp",
                                     .kind = "udp6",
                                     .filters = {"settable,privileged", "inherited"}});
    ASSERT_TRUE(plan);
    EXPECT_EQ(std::get<SockoptsListPlan>(*plan),
              (SockoptsListPlan{6,
                                SocketKind::Udp6,
                                {SockoptsFilter::Settable, SockoptsFilter::Privileged,
                                 SockoptsFilter::Inherited}}));
    EXPECT_EQ(std::get<SockoptsListPlan>(*plan_sockopts({})), SockoptsListPlan{});
}

TEST(SockoptsPlan, Describe)
{
    const auto plan = plan_sockopts({.act = SockoptsAct::Describe, .words = {"rcvbuf", "6:45"}});
    ASSERT_TRUE(plan);
    EXPECT_EQ(std::get<SockoptsDescribePlan>(*plan),
              (SockoptsDescribePlan{{sockopt_row(1, 8), sockopt_row(6, 45)}}));
}

TEST(SockoptsPlan, Get)
{
    const auto plan = plan_sockopts(
        {.act = SockoptsAct::Get, .words = {"raw4:icmp", "ttl"}, .non_default = true});
    ASSERT_TRUE(plan);
    EXPECT_EQ(
        std::get<SockoptsGetPlan>(*plan),
        (SockoptsGetPlan{KindTarget{SocketKind::Raw4, 1, "raw4:icmp"}, {sockopt_row(0, 2)}, true}));
}

TEST(SockoptsPlan, SetAndVerify)
{
    const auto set =
        plan_sockopts({.act = SockoptsAct::Set, .words = {"tcp4", "nodelay=on"}, .apply = true});
    ASSERT_TRUE(set);
    const SockoptSetting nodelay{sockopt_row(6, 1), "on", std::string("\1\0\0\0", 4)};
    EXPECT_EQ(std::get<SockoptsSetPlan>(*set),
              (SockoptsSetPlan{KindTarget{SocketKind::Tcp4, 0, "tcp4"}, {nodelay}, true}));
    const auto verify = plan_sockopts(
        {.act = SockoptsAct::Verify, .words = {"tcp4", "nodelay=on"}, .phase = "accepted"});
    ASSERT_TRUE(verify);
    EXPECT_EQ(
        std::get<SockoptsVerifyPlan>(*verify),
        (SockoptsVerifyPlan{{SocketKind::Tcp4, 0, "tcp4"}, {nodelay}, SockoptPhase::Accepted}));
}

TEST(SockoptsPlan, NamesMeanWhatTheKindKnows)
{
    const auto plan = plan_sockopts({.act = SockoptsAct::Set, .words = {"udp4", "cork=1"}});
    EXPECT_EQ(std::get<SockoptsSetPlan>(*plan).settings[0].row.name, "UDP_CORK");
}

TEST(SockoptsPlan, WhatIsMissingIsNamed)
{
    EXPECT_EQ(wrong({.act = SockoptsAct::Get}),
              "missing TARGET, a kind of socket or --pid, --sock, --inode, --cookie | for example "
              "sockit sockopts get tcp4 SO_RCVBUF");
    EXPECT_EQ(wrong({.act = SockoptsAct::Verify, .words = {"tcp4"}}),
              "missing NAME=VALUE | for example sockit sockopts verify tcp4 SO_RCVBUF=64k");
    EXPECT_EQ(wrong({.act = SockoptsAct::Describe}),
              "missing NAME of an option | for example sockit sockopts describe SO_RCVBUF");
}

TEST(SockoptsPlan, WrongWordsAreAnsweredWithTheNearest)
{
    EXPECT_EQ(wrong({.act = SockoptsAct::Get, .words = {"tpc4"}}),
              "bad kind of socket 'tpc4' | did you mean tcp4?");
    EXPECT_EQ(wrong({.act = SockoptsAct::Get, .words = {"tcp4", "SO_RCVBFU"}}),
              "unknown socket option 'SO_RCVBFU' | did you mean SO_RCVBUF?");
    EXPECT_EQ(wrong({.act = SockoptsAct::Set, .words = {"tcp4", "SO_RCVBUF"}}),
              "bad socket option 'SO_RCVBUF': expected NAME=VALUE");
    EXPECT_EQ(wrong({.act = SockoptsAct::Set, .words = {"tcp4", "SO_RCVBUF=much"}}),
              "bad value of SO_RCVBUF 'much': expected bytes, for example 65536 or 64k");
    EXPECT_EQ(wrong({.level = "sol_sokcet"}),
              "bad level of socket options 'sol_sokcet' | did you mean SOL_SOCKET?");
    EXPECT_EQ(wrong({.filters = {"setable"}}),
              "bad --filter 'setable': expected one of gettable settable read-only write-only "
              "privileged inherited transformed side-effects unimplemented | did you mean "
              "settable?");
    EXPECT_EQ(wrong({.kind = "raw4:icmp"}),
              "bad kind of socket 'raw4:icmp' | sockit sockopts --help lists the kinds");
    EXPECT_EQ(wrong({.words = {"x"}}),
              "bad word 'x': list takes options only; describe tells of single ones");
    EXPECT_EQ(
        wrong({.act = SockoptsAct::Verify, .words = {"tcp4", "nodelay=1"}, .phase = "listning"}),
        "bad --phase 'listning': expected one of fresh bound listening connected accepted | "
        "did you mean listening?");
    EXPECT_EQ(wrong({.act = SockoptsAct::Verify, .words = {"udp4", "ttl=1"}, .phase = "listening"}),
              "bad --phase 'listening': sockets of kind udp4 are never in it");
}

LiveTarget live(const LiveArgs& args)
{
    auto target = plan_live_target(args);
    EXPECT_TRUE(target) << (target ? "" : message(target.error()));
    return target ? *target : LiveTarget{};
}

std::string wrong_live(const LiveArgs& args)
{
    const auto target = plan_live_target(args);
    return target ? "no error" : message(target.error());
}

TEST(SockoptsPlan, LiveTargets)
{
    const auto target = live({.pid = "5", .fd = "3", .inode = "7", .cookie = "1F"});
    EXPECT_EQ(target.pid, 5);
    EXPECT_EQ(target.fd, 3);
    EXPECT_EQ(target.inode, 7U);
    EXPECT_EQ(target.cookie, 0x1fU);
    EXPECT_EQ(target.text, "--pid 5 --fd 3 --inode 7 --cookie 1F");
    EXPECT_EQ(live({.sock = "unix:/a b"}).text, "--sock 'unix:/a b'");

    const auto plan = plan_sockopts(
        {.act = SockoptsAct::Get, .words = {"ttl"}, .live = {.pid = "5"}, .non_default = true});
    ASSERT_TRUE(plan);
    EXPECT_EQ(std::get<SockoptsGetPlan>(*plan),
              (SockoptsGetPlan{live({.pid = "5"}), {sockopt_row(0, 2)}, true}));
}

TEST(SockoptsPlan, AddressesOfLiveSockets)
{
    const auto v4 = *live({.sock = "127.0.0.1:80-10.0.0.1:4000"}).address;
    EXPECT_EQ(v4.local, *Endpoint::from_literal("127.0.0.1", 80));
    EXPECT_EQ(v4.peer, *Endpoint::from_literal("10.0.0.1", 4000));
    EXPECT_FALSE(v4.protocol);
    const auto v6 = *live({.sock = "udp:[::1]:53"}).address;
    EXPECT_EQ(v6.local, *Endpoint::from_literal("::1", 53));
    EXPECT_EQ(v6.protocol, SocketProtocol::Udp);
    const auto port = *live({.sock = ":80-[::1]:9"}).address;
    EXPECT_FALSE(port.local);
    EXPECT_EQ(port.port, 80);
    EXPECT_EQ(port.peer, *Endpoint::from_literal("::1", 9));
    const auto path = *live({.sock = "unix:/run/a-b:1"}).address;
    EXPECT_EQ(path.local, *Endpoint::unix_path("/run/a-b:1"));
}

TEST(SockoptsPlan, WrongLiveTargets)
{
    EXPECT_EQ(wrong_live({.fd = "3"}), "--fd needs --pid");
    EXPECT_EQ(wrong_live({.pid = "x"}), "bad --pid 'x': expected a decimal number");
    EXPECT_EQ(wrong_live({.cookie = "xyz"}),
              "bad cookie 'xyz': expected hexadecimal digits, as sockit stat -e shows them");
    EXPECT_EQ(wrong_live({.sock = "localhost:80"}),
              "bad --sock 'localhost:80': expected an address, not a name");
    EXPECT_EQ(wrong_live({.sock = "127.0.0.1:0"}), "bad --sock '127.0.0.1:0': expected a port");
    EXPECT_EQ(wrong_live({.sock = "127.0.0.1:1-:2"}),
              "bad --sock '127.0.0.1:1-:2': expected the peer's address and port");
    EXPECT_EQ(wrong_live({.sock = "vsock:1:2"}),
              "bad --sock 'vsock:1:2': expected a TCP, UDP or unix socket");
}

TEST(SockoptsPlan, DiffTakesTwoWords)
{
    const auto plan =
        plan_sockopts({.act = SockoptsAct::Diff, .words = {"tcp4", "pid=5,fd=3,sock=127.0.0.1:1"}});
    ASSERT_TRUE(plan);
    const auto& diff = std::get<SockoptsDiffPlan>(*plan);
    EXPECT_EQ(std::get<KindTarget>(diff.left).text, "tcp4");
    const auto& right = std::get<LiveTarget>(diff.right);
    EXPECT_EQ(right.pid, 5);
    EXPECT_EQ(right.fd, 3);
    EXPECT_EQ(right.address->local, *Endpoint::from_literal("127.0.0.1", 1));
    EXPECT_EQ(right.text, "pid=5,fd=3,sock=127.0.0.1:1");
    EXPECT_EQ(wrong({.act = SockoptsAct::Diff, .words = {"tcp4"}}),
              "missing TARGET, of two | for example sockit sockopts diff tcp4 pid=1234,fd=5");
    EXPECT_EQ(wrong({.act = SockoptsAct::Diff, .words = {"tcp4", "pit=5"}}),
              "bad target 'pit=5': expected a kind of socket, or pid=P,fd=N, inode=N, cookie=HEX, "
              "sock=ADDR:PORT[-PEER]");
    EXPECT_EQ(wrong({.act = SockoptsAct::Diff, .words = {"a", "b", "c"}}),
              "bad word 'c': two targets are compared, no more");
}

SockoptsFailure failure(int code)
{
    SockoptsFailure out;
    out.row = sockopt_row(1, 8);
    if (code != 0)
        out.error = Error::from_errno(Phase::Socket, "setsockopt", "SO_RCVBUF", code);
    out.outcome = SockoptOutcome{.row = out.row};
    return out;
}

ExitStatus status(std::vector<SockoptsFailure> failures, SockoptsAct act = SockoptsAct::Verify)
{
    SockoptsEnd end;
    end.summary.act = act;
    end.failures = std::move(failures);
    return sockopts_status(end);
}

TEST(SockoptsStatus, FollowsTheVerdictsAndErrors)
{
    EXPECT_EQ(status({}), ExitStatus::Done);
    EXPECT_EQ(status({failure(0)}), ExitStatus::No);
    EXPECT_EQ(status({failure(EINVAL)}), ExitStatus::No);
    EXPECT_EQ(status({failure(EOPNOTSUPP)}), ExitStatus::No);
    EXPECT_EQ(status({failure(EPERM)}), ExitStatus::Denied);
    EXPECT_EQ(status({failure(EACCES)}), ExitStatus::Denied);
    EXPECT_EQ(status({failure(ENOPROTOOPT)}), ExitStatus::Unsupported);
    EXPECT_EQ(status({failure(ENOPROTOOPT), failure(ENOPROTOOPT)}), ExitStatus::Unsupported);
    EXPECT_EQ(status({failure(ENOPROTOOPT), failure(EPERM)}), ExitStatus::No);
    EXPECT_EQ(status({}, SockoptsAct::List), ExitStatus::No) << "nothing was listed";
    EXPECT_EQ(status({}, SockoptsAct::Get), ExitStatus::No) << "no socket was found";
    auto gone = failure(ESRCH);
    gone.whole_socket = true;
    EXPECT_EQ(status({gone}), ExitStatus::Local);
    SockoptsEnd end;
    end.summary.act = SockoptsAct::Diff;
    end.summary.differing = 2;
    EXPECT_EQ(sockopts_status(end), ExitStatus::No);
    EXPECT_EQ(message(sockopts_reason(end)), "2 options differ");
}

} // namespace
} // namespace sockit::THIS_FILE
