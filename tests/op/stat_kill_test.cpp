#include "emitted.h"
#include "op/stat_kill.h"
#include "sock/socket.h"
#include "support/network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

struct Killed : Emitted {
    Result<> result;
};

Killed kill(const StatPlan& plan)
{
    Killed killed;
    killed.result = kill_sockets(plan, killed.emit());
    return killed;
}

StatPlan kill_plan(StatSelection selection)
{
    return {.act = StatAct::Kill,
            .local = false,
            .selection = selection,
            .source = StatSource::Netlink};
}

Socket opened(int type, bool share)
{
    auto socket = *Socket::open(AF_INET, type);
    const int on = share ? 1 : 0;
    EXPECT_EQ(::setsockopt(socket.ref().value, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
    return socket;
}

Socket listener(std::uint16_t port, bool share = false)
{
    auto socket = opened(SOCK_STREAM, share);
    EXPECT_TRUE(socket.bind(*Endpoint::from_literal("127.0.0.1", port)));
    EXPECT_TRUE(socket.listen(5, *socket.local()));
    return socket;
}

TEST(StatKill, AConnectionIsNoMoreAndItsHolderIsTold)
{
    fresh_network();
    const auto server = listener(8080);
    auto client = opened(SOCK_STREAM, false);
    ASSERT_TRUE(client.connect(*server.local()));
    const auto killed = kill(kill_plan(StatSelection::Connected));
    ASSERT_TRUE(killed.result);
    const auto sockets = killed.of<StatSocket>();
    ASSERT_FALSE(sockets.empty()); // the other end falls with the first, or has its own row
    const auto summary = killed.of<StatSummary>().at(0);
    EXPECT_EQ(summary.killed, (StatKilled{sockets.size(), 0}));
    char byte = 0;
    EXPECT_EQ(::recv(client.ref().value, &byte, 1, 0), -1);
    EXPECT_TRUE(errno == ECONNABORTED || errno == ECONNRESET) << errno;
    EXPECT_TRUE(kill(kill_plan(StatSelection::Connected)).of<StatSocket>().empty());
}

TEST(StatKill, EachOfThoseThatShareAPort)
{
    fresh_network();
    std::vector<Socket> sockets;
    for (int i = 0; i < 8; ++i) {
        sockets.push_back(listener(8080, true));
        sockets.push_back(opened(SOCK_DGRAM, true));
        ASSERT_TRUE(sockets.back().bind(*Endpoint::from_literal("127.0.0.1", 5353)));
    }
    const auto killed = kill(kill_plan(StatSelection::Listening));
    ASSERT_TRUE(killed.result);
    EXPECT_EQ(killed.of<StatSummary>().at(0).killed, (StatKilled{16, 0}));
    for (const auto& socket : sockets) {
        int error = 0;
        socklen_t length = sizeof error;
        ASSERT_EQ(::getsockopt(socket.ref().value, SOL_SOCKET, SO_ERROR, &error, &length), 0);
        EXPECT_EQ(error, ECONNABORTED);
    }
}

TEST(StatKill, HundredsInOneBucketLeaveNone)
{
    fresh_network();
    const auto server = listener(8080);
    std::vector<Socket> clients;
    for (int i = 0; i < 300; ++i) {
        clients.push_back(opened(SOCK_DGRAM, false));
        ASSERT_TRUE(clients.back().connect(*Endpoint::from_literal("127.0.0.1", 9)));
    }
    const auto killed = kill(kill_plan(StatSelection::Connected));
    ASSERT_TRUE(killed.result);
    EXPECT_EQ(killed.of<StatSummary>().at(0).killed, (StatKilled{300, 0}));
}

TEST(StatKill, NothingToKillIsNoError)
{
    fresh_network();
    const auto killed = kill(kill_plan(StatSelection::All));
    ASSERT_TRUE(killed.result);
    ASSERT_EQ(killed.events.size(), 2U);
    EXPECT_EQ(killed.of<StatSummary>().at(0).killed, StatKilled{});
}

} // namespace
} // namespace sockit::test::THIS_FILE
