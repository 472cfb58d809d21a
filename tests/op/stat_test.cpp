#include "emitted.h"
#include "op/stat.h"
#include "op/stat_queries.h"
#include "sock/socket.h"
#include "support/network.h"
#include "support/proc_root.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sockit::test::THIS_FILE {
namespace {

struct Listed : Emitted {
    Result<std::uint64_t> result;
};

Listed list(const StatPlan& plan)
{
    Listed listed;
    listed.result = stat_sockets(plan, listed.emit());
    return listed;
}

/// A TCP listener on loopback.
Socket listener(int backlog)
{
    auto socket = *Socket::open(AF_INET, SOCK_STREAM);
    EXPECT_TRUE(socket.bind(*Endpoint::from_literal("127.0.0.1", 0)));
    EXPECT_TRUE(socket.listen(backlog, *socket.local()));
    return socket;
}

Socket client_of(const Socket& server)
{
    auto socket = *Socket::open(AF_INET, SOCK_STREAM);
    EXPECT_TRUE(socket.connect(*server.local()));
    return socket;
}

StatPlan tcp_plan(StatSelection selection)
{
    return {.udp = false, .local = false, .selection = selection};
}

TEST(StatQueries, OneAKindAndFamilyInTheOrderOfSs)
{
    const auto queries = stat_queries({});
    ASSERT_EQ(queries.size(), 5U);
    EXPECT_EQ(queries[0].protocol, SocketProtocol::Unix);
    EXPECT_EQ(queries[1].protocol, SocketProtocol::Udp);
    EXPECT_EQ(queries[1].family, AF_INET);
    EXPECT_EQ(queries[2].family, AF_INET6);
    EXPECT_EQ(queries[4].protocol, SocketProtocol::Tcp);
    EXPECT_EQ(queries[4].family, AF_INET6);
    EXPECT_EQ(stat_queries({.udp = false, .local = false, .v4 = false}).size(), 1U);
}

TEST(StatQueries, ListenersAskTcpForListenAlone)
{
    const auto queries = stat_queries({.selection = StatSelection::Listening});
    for (const auto& query : queries) {
        const auto listen = state_bit(SocketState::Listen);
        const auto expected =
            query.protocol == SocketProtocol::Tcp ? listen : listen | state_bit(SocketState::Close);
        EXPECT_EQ(query.states, expected);
    }
}

TEST(StatQueries, ConnectedLeavesOutWhatSsLeavesOut)
{
    const auto states = stat_queries({.selection = StatSelection::Connected})[3].states;
    for (const auto state : {SocketState::Listen, SocketState::Close, SocketState::TimeWait,
                             SocketState::SynRecv, SocketState::BoundInactive})
        EXPECT_EQ(states & state_bit(state), 0U) << state_name(state);
    for (const auto state : {SocketState::Established, SocketState::SynSent, SocketState::FinWait1,
                             SocketState::CloseWait, SocketState::LastAck, SocketState::Closing})
        EXPECT_NE(states & state_bit(state), 0U) << state_name(state);
}

TEST(StatQueries, NothingIsAskedForThatIsNotShown)
{
    for (const auto& query : stat_queries({})) {
        EXPECT_FALSE(query.tcp_info);
        EXPECT_FALSE(query.memory);
        EXPECT_FALSE(query.cgroup);
    }
}

TEST(Stat, StartSocketsSummary)
{
    fresh_network();
    const auto server = listener(5);
    const auto client = client_of(server);
    const auto listed = list(tcp_plan(StatSelection::All));
    ASSERT_TRUE(listed.result);
    ASSERT_EQ(listed.events.size(), 5U); // the connection has two ends
    const auto* start = std::get_if<StatStart>(&listed.events.front());
    ASSERT_NE(start, nullptr);
    EXPECT_EQ(start->via, "netlink");
    const auto* summary = std::get_if<StatSummary>(&listed.events.back());
    ASSERT_NE(summary, nullptr);
    EXPECT_EQ(summary->unreadable, 0U);
    EXPECT_EQ(summary->counts, (std::vector<StatCount>{{"tcp", SocketState::Listen, 1},
                                                       {"tcp", SocketState::Established, 2}}));
}

TEST(Stat, NoSocketsIsNoError)
{
    fresh_network();
    const auto listed = list(tcp_plan(StatSelection::All));
    ASSERT_TRUE(listed.result);
    ASSERT_EQ(listed.events.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<StatStart>(listed.events[0]));
    EXPECT_TRUE(std::holds_alternative<StatSummary>(listed.events[1]));
}

TEST(Stat, OverviewCountsAllAndShowsThoseWhoWait)
{
    fresh_network();
    const auto server = listener(5);
    const auto client = client_of(server);
    auto unnamed = *Socket::open(AF_UNIX, SOCK_DGRAM);
    auto named = *Socket::open(AF_UNIX, SOCK_DGRAM);
    ASSERT_TRUE(named.bind(*Endpoint::unix_abstract("named")));
    StatPlan plan;
    plan.view.processes = true;
    const auto listed = list(plan);
    ASSERT_TRUE(listed.result);
    const auto overview = listed.of<StatOverview>();
    ASSERT_EQ(overview.size(), 1U);
    EXPECT_TRUE(
        std::ranges::count(overview[0].counts, StatCount{"tcp", SocketState::Established, 2}));
    EXPECT_TRUE(std::ranges::count(overview[0].counts, StatCount{"u_dgr", SocketState::Close, 2}));
    const auto sockets = listed.of<StatSocket>();
    ASSERT_EQ(sockets.size(), 2U);
    EXPECT_EQ(sockets[0].info.local.unix_name(), "named");
    EXPECT_EQ(sockets[1].info.state, SocketState::Listen);
    ASSERT_TRUE(sockets[1].info.processes);
    EXPECT_EQ(sockets[1].info.processes->size(), 1U);
}

TEST(Stat, AFullAcceptQueueIsAWarningThatNamesThePort)
{
    fresh_network();
    const auto server = listener(1);
    const auto first = client_of(server);
    const auto roomy = list(tcp_plan(StatSelection::Listening));
    EXPECT_TRUE(roomy.of<Warning>().empty());
    const auto second = client_of(server); // the limit: one more than the backlog
    const auto listed = list(tcp_plan(StatSelection::Listening));
    const auto warnings = listed.of<Warning>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].message,
              "the accept queue of " + server.local()->text() + " is full: 2 wait, limit 1");
}

TEST(Stat, ServicesAreLookedUpOnlyIfPlanned)
{
    fresh_network();
    auto server = *Socket::open(AF_INET, SOCK_STREAM);
    ASSERT_TRUE(server.bind(*Endpoint::from_literal("127.0.0.1", 22)));
    ASSERT_TRUE(server.listen(1, *server.local()));
    auto plan = tcp_plan(StatSelection::Listening);
    EXPECT_EQ(list(plan).of<StatSocket>().at(0).local_service, "");
    plan.services = true;
    EXPECT_EQ(list(plan).of<StatSocket>().at(0).local_service, "ssh");
}

TEST(Stat, AReaderThatWentAwayEndsTheListing)
{
    fresh_network();
    std::vector<Socket> servers;
    for (int i = 0; i < 10; ++i)
        servers.push_back(listener(1));
    int sockets = 0;
    const auto done = stat_sockets(tcp_plan(StatSelection::Listening), [&](const Event& event) {
        sockets += event.get_if<StatSocket>() ? 1 : 0;
        return sockets < 3;
    });
    EXPECT_TRUE(done);
    EXPECT_EQ(sockets, 3);
}

const std::string row = "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 "
                        "00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n";

StatPlan plan_from(const ProcRoot& root)
{
    return {.selection = StatSelection::All,
            .source = StatSource::Proc,
            .view = {.processes = true},
            .proc_root = root.path()};
}

TEST(Stat, FromACopyOfProcWithItsProcesses)
{
    const ProcRoot root;
    root.write("net/tcp", row);
    root.write("12/comm", "copied\n");
    root.link("12/fd/3", "socket:[4711]");
    const auto listed = list(plan_from(root));
    ASSERT_TRUE(listed.result);
    EXPECT_EQ(std::get<StatStart>(listed.events.at(0)).via, "proc");
    const auto sockets = listed.of<StatSocket>();
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0].info.processes, (std::vector<SocketOwner>{{12, 3, "copied"}}));
    EXPECT_EQ(sockets[0].info.accept_limit, std::nullopt);
}

TEST(Stat, UnreadableRowsAreToldOnce)
{
    const ProcRoot root;
    root.write("net/tcp", row + "garbage\n\n");
    root.write("net/unix", "garbage\n");
    const auto listed = list(plan_from(root));
    ASSERT_TRUE(listed.result);
    EXPECT_EQ(listed.of<StatSocket>().size(), 1U);
    EXPECT_EQ(listed.of<StatSummary>().at(0).unreadable, 3U);
    const auto warnings = listed.of<Warning>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_TRUE(warnings[0].message.starts_with("3 lines of ")) << warnings[0].message;
}

TEST(Stat, NothingToReadIsAnErrorBeforeTheSummary)
{
    const ProcRoot root;
    const auto listed = list(plan_from(root));
    ASSERT_FALSE(listed.result);
    EXPECT_EQ(code_name(listed.result.error()), "ENOENT");
    ASSERT_EQ(listed.events.size(), 2U);
    EXPECT_EQ(std::get<Failed>(listed.events[0]).error, listed.result.error());
    EXPECT_TRUE(std::holds_alternative<StatSummary>(listed.events[1]));
}

TEST(Stat, WithoutProcessesInProcTheRowsAreStillThere)
{
    fresh_network();
    const auto server = listener(1);
    auto plan = tcp_plan(StatSelection::Listening);
    plan.view.processes = true;
    plan.source = StatSource::Netlink;
    plan.proc_root = "/nonexistent";
    const auto listed = list(plan);
    ASSERT_TRUE(listed.result);
    const auto sockets = listed.of<StatSocket>();
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_TRUE(sockets[0].info.processes_asked);
    EXPECT_EQ(sockets[0].info.processes, std::nullopt);
    ASSERT_EQ(listed.of<Warning>().size(), 1U);
    EXPECT_EQ(code_name(*listed.of<Warning>()[0].error), "ENOENT");
}

} // namespace
} // namespace sockit::test::THIS_FILE
