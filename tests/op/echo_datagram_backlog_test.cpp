#include "op/echo_datagram_backlog.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sockit::THIS_FILE {

namespace {

using namespace std::chrono_literals;
using Backlog = EchoDatagramBacklog;

const auto backlog_begin = Clock::now();

Backlog::Echo echo_at(Duration due, std::size_t size)
{
    return {
        .due = backlog_begin + due, .to = {}, .from = {}, .bytes = std::vector<std::byte>(size)};
}

/// "PEER:SIZE " of what goes at that time; `full` takes nothing.
std::string sent_at(Backlog& backlog, Duration time, std::uint64_t full = 0)
{
    std::string sent;
    backlog.send_due(backlog_begin + time, [&](std::uint64_t peer, const Backlog::Echo& echo) {
        if (peer == full)
            return Backlog::Sent::Full;
        sent += std::to_string(peer) + ":" + std::to_string(echo.bytes.size()) + " ";
        return Backlog::Sent::Gone;
    });
    return sent;
}

TEST(EchoDatagramBacklog, EachGoesAtItsTime)
{
    Backlog backlog(10'000, 10'000);
    backlog.add(1, echo_at(10ms, 1));
    backlog.add(2, echo_at(5ms, 2));
    backlog.add(1, echo_at(20ms, 3));
    EXPECT_EQ(backlog.next().point(), backlog_begin + 5ms);
    EXPECT_EQ(sent_at(backlog, 4ms), "");
    EXPECT_EQ(sent_at(backlog, 15ms), "2:2 1:1 ");
    EXPECT_TRUE(backlog.holds(1));
    EXPECT_FALSE(backlog.holds(2));
    EXPECT_EQ(backlog.next().point(), backlog_begin + 20ms);
    EXPECT_EQ(sent_at(backlog, 20ms), "1:3 ");
    EXPECT_TRUE(backlog.empty());
    EXPECT_FALSE(backlog.next().is_set());
}

TEST(EchoDatagramBacklog, APeersOrderStays)
{
    Backlog backlog(10'000, 10'000);
    backlog.add(1, echo_at(10ms, 1));
    backlog.add(1, echo_at(0ms, 2));
    EXPECT_EQ(sent_at(backlog, 9ms), "");
    EXPECT_EQ(sent_at(backlog, 10ms), "1:1 1:2 ");
}

TEST(EchoDatagramBacklog, AFullPeerWaitsAlone)
{
    Backlog backlog(10'000, 10'000);
    backlog.add(1, echo_at(0ms, 1));
    backlog.add(1, echo_at(0ms, 2));
    backlog.add(2, echo_at(1ms, 3));
    EXPECT_EQ(sent_at(backlog, 1ms, 1), "2:3 ");
    EXPECT_EQ(backlog.next().point(), backlog_begin + 3ms);
    EXPECT_EQ(sent_at(backlog, 3ms), "1:1 1:2 ");
}

TEST(EchoDatagramBacklog, WhatFindsNoRoomIsDroppedAndCounted)
{
    const auto one = sizeof(Backlog::Echo) + 1000;
    Backlog backlog(2 * one, 3 * one);
    for (int i = 0; i < 3; ++i)
        backlog.add(1, echo_at(0ms, 1000));
    EXPECT_EQ(backlog.dropped(), 1U);
    backlog.add(2, echo_at(0ms, 1000));
    backlog.add(3, echo_at(0ms, 1000));
    EXPECT_EQ(backlog.dropped(), 2U);
    EXPECT_FALSE(backlog.holds(3));
    EXPECT_EQ(sent_at(backlog, 0ms), "1:1000 1:1000 2:1000 ");
    backlog.add(3, echo_at(0ms, 1000));
    EXPECT_EQ(backlog.dropped(), 2U);
    backlog.forget(3);
    EXPECT_TRUE(backlog.empty());
    EXPECT_FALSE(backlog.next().is_set());
}

} // namespace

} // namespace sockit::THIS_FILE
