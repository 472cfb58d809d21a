#include "cmd/plan_common.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

std::string refusal(const auto& result)
{
    return result ? "accepted" : describe_error(result.error());
}

TEST(PlanSource, TakesAddressesWithAndWithoutPort)
{
    EXPECT_EQ(plan_source("127.0.0.1")->text(), "127.0.0.1:0");
    EXPECT_EQ(plan_source("127.0.0.1:5000")->text(), "127.0.0.1:5000");
    EXPECT_EQ(plan_source("::1")->text(), "[::1]:0");
    EXPECT_EQ(plan_source("[::1]")->text(), "[::1]:0");
    EXPECT_EQ(plan_source("[::1]:5000")->text(), "[::1]:5000");
}

TEST(PlanSource, RefusesNamesAndNonsense)
{
    for (const char* bad : {"localhost", "127.1", "", ":80", "[::1", "]", "127.0.0.1:x y", "1:2:3"})
        EXPECT_FALSE(plan_source(bad)) << bad;
}

TEST(PlanSocket, FamiliesExcludeEachOther)
{
    NetworkArgs args;
    args.v4 = args.v6 = true;
    EXPECT_EQ(refusal(plan_socket(args)), "-4 and -6 exclude each other");
}

TEST(PlanSocket, BadOptionsFailBeforeAnySocketExists)
{
    NetworkArgs args;
    args.sockopts = {"SO_RCVBUFF=1"};
    const auto plan = plan_socket(args);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().domain, Domain::Usage);
    EXPECT_NE(plan.error().hint.find("SO_RCVBUF"), std::string::npos) << plan.error().hint;
    args.sockopts = {};
    args.interface = "a-name-that-is-far-too-long";
    EXPECT_FALSE(plan_socket(args));
}

TEST(PlanSocket, StrictOptions)
{
    NetworkArgs args;
    args.sockopts = {"IP_TTL=3"};
    EXPECT_FALSE(plan_socket(args)->strict);
    args.strict_sockopt = true;
    EXPECT_TRUE(plan_socket(args)->strict);
}

TEST(PlanListener, AllOptions)
{
    ServerArgs server;
    server.ready_fd = "3";
    server.port_file = "/tmp/p";
    server.backlog = "7";
    server.max_connections = "9";
    server.reuseport = true;
    NetworkArgs network;
    network.v4 = true;
    const std::vector<std::string> words{"127.0.0.1:0"};
    ListenerPlan expected;
    expected.target = parse_target("127.0.0.1:0", Role::Server).value();
    expected.socket.family = AddressFamily::Inet;
    expected.backlog = 7;
    expected.reuseport = true;
    expected.ready_fd = 3;
    expected.port_file = "/tmp/p";
    expected.max_connections = 9;
    EXPECT_EQ(plan_listener(server, network, words).value(), expected);
}

TEST(PlanListener, RefusesBadNumbers)
{
    const std::vector<std::string> words{"80"};
    ServerArgs server;
    server.max_connections = "0";
    EXPECT_FALSE(plan_listener(server, {}, words));
    server = {};
    server.ready_fd = "-1";
    EXPECT_EQ(refusal(plan_listener(server, {}, words)),
              "bad --ready-fd '-1': expected a decimal number");
    EXPECT_FALSE(plan_listener({}, {}, {}));
}

} // namespace

} // namespace sockit::THIS_FILE
