#include "op/echo_sockperf.h"

#include <gtest/gtest.h>

#include <string>

namespace sockit::THIS_FILE {

namespace {

using SockperfBytes = std::vector<std::byte>;

constexpr unsigned ping = 3;    ///< from a client, wants an answer
constexpr unsigned pong = 2;    ///< the answer to it
constexpr unsigned one_way = 1; ///< from a client that wants none
constexpr unsigned warm_up_ping = 7;

/// A message of `length` bytes.
SockperfBytes sockperf_message(unsigned sequence, unsigned marks, unsigned length)
{
    SockperfBytes bytes(length, std::byte{'x'});
    std::fill_n(bytes.begin(), sockperf_header, std::byte{0});
    bytes[7] = static_cast<std::byte>(sequence);
    bytes[9] = static_cast<std::byte>(marks);
    bytes[12] = static_cast<std::byte>(length >> 8U);
    bytes[13] = static_cast<std::byte>(length & 0xffU);
    return bytes;
}

SockperfBytes operator+(SockperfBytes one, const SockperfBytes& other)
{
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

TEST(SockperfDatagram, APingBecomesItsAnswer)
{
    auto message = sockperf_message(1, ping, 300);
    EXPECT_TRUE(answer_sockperf(message));
    EXPECT_EQ(message, sockperf_message(1, pong, 300));
}

TEST(SockperfDatagram, WhatWantsNoAnswerGetsNone)
{
    for (const unsigned marks : {one_way, pong, warm_up_ping, 0U}) {
        auto message = sockperf_message(1, marks, 20);
        EXPECT_FALSE(answer_sockperf(message)) << marks;
    }
}

TEST(SockperfDatagram, WhatIsNoWholeMessageGetsNone)
{
    auto message = sockperf_message(1, ping, 20);
    EXPECT_FALSE(answer_sockperf(std::span(message).first(19)));
    EXPECT_FALSE(answer_sockperf(std::span(message).first(13)));
    EXPECT_FALSE(answer_sockperf({}));
    EXPECT_TRUE(answer_sockperf(std::span(message)));
}

TEST(SockperfStreams, AnswerWhereverTheyAreCut)
{
    const auto sent = sockperf_message(1, ping, 20) + sockperf_message(2, one_way, 40) +
                      sockperf_message(3, ping, 14) + sockperf_message(4, warm_up_ping, 14) +
                      sockperf_message(5, ping, 300);
    const auto wanted = sockperf_message(1, pong, 20) + sockperf_message(3, pong, 14) +
                        sockperf_message(5, pong, 300);
    for (std::size_t piece = 1; piece <= sent.size(); ++piece) {
        SockperfStream stream;
        SockperfBytes answers;
        for (std::size_t from = 0; from < sent.size(); from += piece)
            ASSERT_TRUE(stream.take(
                std::span(sent).subspan(from, std::min(piece, sent.size() - from)), answers));
        ASSERT_EQ(answers, wanted) << "in pieces of " << piece;
    }
}

TEST(SockperfStreams, EndAtWhatIsNoMessage)
{
    SockperfBytes answers;
    EXPECT_FALSE(SockperfStream().take(sockperf_message(1, ping, 20) + SockperfBytes(14), answers));
    EXPECT_EQ(answers, sockperf_message(1, pong, 20));
    EXPECT_FALSE(SockperfStream().take(SockperfBytes(14, std::byte{'x'}), answers));
}

} // namespace

} // namespace sockit::THIS_FILE
