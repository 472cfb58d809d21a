#include "sock/datagram_io.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace sockit::THIS_FILE {

namespace {

std::span<const std::byte> bytes_of(const std::string& text)
{
    return std::as_bytes(std::span(text));
}

std::string text_of(const ReceivedDatagram& datagram)
{
    return {reinterpret_cast<const char*>(datagram.bytes.data()), datagram.bytes.size()};
}

struct Pair {
    explicit Pair(int type)
    {
        std::array<int, 2> fds{-1, -1};
        EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()), 0);
        one = Socket::adopt(Fd(fds[0]), AF_UNIX, type);
        other = Socket::adopt(Fd(fds[1]), AF_UNIX, type);
        EXPECT_TRUE(prepare_for_datagrams(other));
    }
    Socket one;
    Socket other;
};

TEST(DatagramIo, ManyInOneCallEachWhole)
{
    const Pair pair(SOCK_DGRAM);
    const std::vector<std::string> texts{"a", "", "three"};
    const std::vector<std::span<const std::byte>> all{bytes_of(texts[0]), bytes_of(texts[1]),
                                                      bytes_of(texts[2])};
    EXPECT_EQ(send_datagrams(pair.one, all, nullptr, "peer"), 3U);
    DatagramInbox inbox;
    const auto got = inbox.receive(pair.other, "peer");
    ASSERT_TRUE(got);
    ASSERT_EQ(got->datagrams.size(), 3U);
    for (std::size_t i = 0; i < texts.size(); ++i)
        EXPECT_EQ(text_of(got->datagrams[i]), texts[i]);
    EXPECT_TRUE(inbox.receive(pair.other, "peer")->datagrams.empty());
}

TEST(DatagramIo, AFullQueueMeansWait)
{
    const Pair pair(SOCK_DGRAM);
    const std::string text = "x";
    const std::vector<std::span<const std::byte>> many(1000, bytes_of(text));
    std::size_t sent = 0;
    for (std::size_t count = 1; count > 0; sent += count) {
        const auto result = send_datagrams(pair.one, many, nullptr, "peer");
        ASSERT_TRUE(result);
        count = *result;
    }
    EXPECT_GT(sent, 0U);
    EXPECT_LT(sent, 1000U);
}

TEST(DatagramIo, AnEmptyMessageIsNotTheEndOfAConnection)
{
    Pair pair(SOCK_SEQPACKET);
    const std::string text = "x";
    const std::vector<std::span<const std::byte>> all{{}, bytes_of(text), {}};
    EXPECT_EQ(send_datagrams(pair.one, all, nullptr, "peer"), 3U);
    pair.one.close();
    DatagramInbox inbox;
    const auto got = inbox.receive(pair.other, "peer");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->datagrams.size(), 3U);
    EXPECT_TRUE(got->ended);
}

TEST(DatagramIo, WhatIsCutTellsItsSize)
{
    const Pair pair(SOCK_DGRAM);
    ASSERT_TRUE(pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 1 << 20, ""));
    if (datagram_limit(pair.one) < 300000)
        GTEST_SKIP() << "net.core.wmem_max is too small";
    const std::string text(300000, 'x');
    const std::vector<std::span<const std::byte>> all{bytes_of(text)};
    EXPECT_EQ(send_datagrams(pair.one, all, nullptr, "peer"), 1U);
    DatagramInbox inbox;
    const auto got = inbox.receive(pair.other, "peer");
    ASSERT_TRUE(got);
    ASSERT_EQ(got->datagrams.size(), 1U);
    EXPECT_EQ(got->datagrams[0].size, 300000U);
    EXPECT_EQ(got->datagrams[0].bytes.size(), DatagramInbox::largest);
}

TEST(DatagramIo, TheAddressThatWasAskedIsAnsweredFrom)
{
    for (const int family : {AF_INET, AF_INET6}) {
        const auto server = Socket::open(family, SOCK_DGRAM);
        ASSERT_TRUE(server && prepare_for_datagrams(*server));
        ASSERT_TRUE(server->bind(family == AF_INET ? Endpoint::inet({}, 0)
                                                   : Endpoint::inet6(in6addr_any, 0)));
        const auto client = Socket::open(AF_INET, SOCK_DGRAM);
        const auto port = static_cast<std::uint16_t>(server->local()->port());
        const DatagramRoute there{.to = *Endpoint::from_literal("127.0.0.3", port), .from = {}};
        const std::string text = "x";
        const std::vector<std::span<const std::byte>> one{bytes_of(text)};
        ASSERT_EQ(send_datagrams(*client, one, &there, "server"), 1U);
        DatagramInbox inbox;
        const auto got = inbox.receive(*server, "client");
        ASSERT_TRUE(got && got->datagrams.size() == 1);
        EXPECT_EQ(got->datagrams[0].asked.address(), "127.0.0.3");
        const DatagramRoute back{.to = got->datagrams[0].from, .from = got->datagrams[0].asked};
        ASSERT_EQ(send_datagrams(*server, one, &back, "client"), 1U);
        const auto answer = inbox.receive(*client, "server");
        ASSERT_TRUE(answer && answer->datagrams.size() == 1);
        EXPECT_EQ(answer->datagrams[0].from.address(), "127.0.0.3");
    }
}

TEST(DatagramIo, LimitsOfTheProtocols)
{
    const auto v4 = Socket::open(AF_INET, SOCK_DGRAM);
    const auto v6 = Socket::open(AF_INET6, SOCK_DGRAM);
    EXPECT_EQ(datagram_limit(*v4), 65507U);
    EXPECT_EQ(datagram_limit(*v6), 65527U);
    const std::string text(65508, 'x');
    const std::vector<std::span<const std::byte>> one{bytes_of(text)};
    const DatagramRoute route{.to = *Endpoint::from_literal("127.0.0.1", 9), .from = {}};
    EXPECT_EQ(send_datagrams(*v4, one, &route, "peer").error().code, EMSGSIZE);
}

} // namespace

} // namespace sockit::THIS_FILE
