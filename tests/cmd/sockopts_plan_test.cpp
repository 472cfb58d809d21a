#include "base/error.h"
#include "cmd/sockopts.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace sockit {
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
    EXPECT_EQ(std::get<SockoptsGetPlan>(*plan),
              (SockoptsGetPlan{{SocketKind::Raw4, 1, "raw4:icmp"}, {sockopt_row(0, 2)}, true}));
}

TEST(SockoptsPlan, SetAndVerify)
{
    const auto set =
        plan_sockopts({.act = SockoptsAct::Set, .words = {"tcp4", "nodelay=on"}, .apply = true});
    ASSERT_TRUE(set);
    const SockoptSetting nodelay{sockopt_row(6, 1), "on", std::string("\1\0\0\0", 4)};
    EXPECT_EQ(std::get<SockoptsSetPlan>(*set),
              (SockoptsSetPlan{{SocketKind::Tcp4, 0, "tcp4"}, {nodelay}, true}));
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
              "missing TARGET, a kind of socket | for example sockit sockopts get tcp4 SO_RCVBUF");
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
}

} // namespace
} // namespace sockit
