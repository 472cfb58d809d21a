#include "cmd/probe.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

std::string talk_refusal(std::vector<std::string> words, ProbeTalkArgs talk)
{
    const auto plan = plan_probe({.words = std::move(words), .talk = std::move(talk)});
    return plan ? "accepted" : describe_error(plan.error());
}

TEST(PlanProbeTalk, WhatIsSaidAndHeard)
{
    const auto plan = plan_probe(
        {.words = {"a:1"},
         .talk = {.banner = true,
                  .dialogue = {
                      {"--send", "PING\\r\\n"}, {"--expect", "+PONG"}, {"--expect-re", "^.O"}}}});
    ASSERT_TRUE(plan) << describe_error(plan.error());
    DialoguePlan expected;
    expected.steps = {std::string("PING\r\n"), Pattern::literal("+PONG"),
                      *Pattern::regular("^.O", "--expect-re")};
    expected.patience = probe_default_timeout;
    EXPECT_EQ(plan->talk.dialogue, expected);
    EXPECT_TRUE(plan->talk.banner);
    EXPECT_FALSE(plan->talk.tls);
}

TEST(PlanProbeTalk, TlsIsForTheTargetsThatWantIt)
{
    const auto some = plan_probe({.words = {"a:1", "tls:b:2"}, .talk = {.tls = {.alpn = "h2"}}});
    ASSERT_TRUE(some) << describe_error(some.error());
    EXPECT_EQ(some->talk.tls->alpn, std::vector<std::string>{"h2"});
    EXPECT_FALSE(some->talk.tls_for_all);

    const auto all = plan_probe(
        {.words = {"a:1", "mptcp:b:2"}, .talk = {.tls = {.tls = true}, .least_days = "30"}});
    ASSERT_TRUE(all) << describe_error(all.error());
    EXPECT_TRUE(all->talk.tls_for_all);
    EXPECT_EQ(all->talk.least_days_left, 30);
}

TEST(PlanProbeTalk, BadWords)
{
    EXPECT_EQ(talk_refusal({"a:1"}, {.dialogue = {{"--expect", ""}}}),
              "bad --expect '': expected some text");
    EXPECT_EQ(talk_refusal({"a:1"}, {.dialogue = {{"--expect-re", "("}}}).substr(0, 21),
              "bad --expect-re '(': ");
    EXPECT_EQ(talk_refusal({"a:1"}, {.tls = {.insecure = true}}),
              "--insecure wants --tls or a tls: target");
    EXPECT_EQ(talk_refusal({"a:1"}, {.least_days = "30"}),
              "--tls-min-days wants --tls or a tls: target");
    EXPECT_EQ(talk_refusal({"tls:a:1"}, {.least_days = "-1"}).substr(0, 25),
              "bad --tls-min-days '-1': ");
    EXPECT_EQ(talk_refusal({"a:1", "udp:b:2"}, {.tls = {.tls = true}}),
              "TLS wants a stream, not udp:");
    EXPECT_EQ(talk_refusal({"a:1", "unix:/x"}, {.tls = {.tls = true}}).substr(0, 19),
              "TLS with unix:/x: -");
}

TEST(PlanProbeTalk, EachAddressOfTheSourcesFamily)
{
    ProbeArgs args{.words = {"a:1"}, .talk = {.each_address = true}};
    args.network.source = "::1";
    const auto plan = plan_probe(args);
    ASSERT_TRUE(plan) << describe_error(plan.error());
    EXPECT_TRUE(plan->each_address);
    EXPECT_EQ(plan->socket.family, AddressFamily::Inet6);
}

} // namespace
} // namespace sockit::THIS_FILE
