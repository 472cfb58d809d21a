#include "op/echo_payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace sockit::THIS_FILE {
namespace {

using Bytes = std::vector<std::byte>;

Bytes whole(const EchoPayload& payload, const EchoMessage& message)
{
    Bytes bytes(message.size);
    payload.write(message, 0, bytes);
    return bytes;
}

TEST(EchoPayload, AMessageStartsWithItsConnectionAndSequence)
{
    const EchoPayload payload(1);
    const auto bytes =
        whole(payload, {.connection = 0x01020304, .size = 64, .sequence = 0x05060708090a0b0c});
    for (unsigned i = 0; i < EchoPayload::header; ++i)
        EXPECT_EQ(bytes[i], static_cast<std::byte>(i + 1));
}

TEST(EchoPayload, AnyPieceIsWhatTheWholeHasThere)
{
    const EchoPayload payload(7);
    for (const std::uint32_t size : {1U, 11U, 12U, 13U, 1000U, 200'000U}) {
        const EchoMessage message{.connection = 3, .size = size, .sequence = 42};
        const auto bytes = whole(payload, message);
        for (const std::size_t from : {0U, 5U, 11U, 12U, 13U, 65'521U, 131'000U}) {
            if (from >= size)
                continue;
            Bytes piece(std::min<std::size_t>(70'000, size - from));
            payload.write(message, from, piece);
            EXPECT_TRUE(std::ranges::equal(piece, std::span(bytes).subspan(from, piece.size())))
                << size << " from " << from;
            EXPECT_EQ(payload.matching(message, from, piece), piece.size());
        }
    }
}

TEST(EchoPayload, MatchingEndsAtTheFirstWrongByte)
{
    const EchoPayload payload(7);
    const EchoMessage message{.connection = 1, .size = 150'000, .sequence = 0};
    auto bytes = whole(payload, message);
    for (const std::size_t wrong : {0U, 3U, 11U, 12U, 40U, 65'520U, 65'540U, 149'999U}) {
        bytes[wrong] ^= std::byte{1};
        EXPECT_EQ(payload.matching(message, 0, bytes), wrong);
        bytes[wrong] ^= std::byte{1};
    }
}

TEST(EchoPayload, MessagesDifferBySeedConnectionAndSequence)
{
    std::set<Bytes> seen;
    for (const std::uint64_t seed : {1U, 2U})
        for (const std::uint32_t connection : {1U, 2U})
            for (const std::uint64_t sequence : {0U, 1U})
                seen.insert(whole(EchoPayload(seed),
                                  {.connection = connection, .size = 64, .sequence = sequence}));
    EXPECT_EQ(seen.size(), 8U);
}

TEST(EchoPayload, PiecesMovedByAPageDoNotMatch)
{
    const EchoPayload payload(1);
    const EchoMessage message{.connection = 1, .size = 300'000, .sequence = 0};
    const auto bytes = whole(payload, message);
    for (const std::size_t shift : {4096U, 16'384U, 65'536U, 131'072U})
        EXPECT_LT(payload.matching(message, shift, std::span(bytes).subspan(100, 64)), 8U);
}

} // namespace
} // namespace sockit::THIS_FILE
