#include "op/echo_verifier.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sockit {
namespace {

using Answer = EchoVerifier::Answer;
using Bytes = std::vector<std::byte>;

/// One connection with messages of 64 bytes.
class EchoVerifierTest : public testing::Test {
protected:
    EchoMessage message(std::uint64_t sequence) const
    {
        return {.connection = 5, .size = m_size, .sequence = sequence};
    }

    Bytes echo(std::uint64_t sequence) const
    {
        Bytes bytes(m_size);
        m_payload.write(message(sequence), 0, bytes);
        return bytes;
    }

    Answer take(const Bytes& bytes) { return m_verifier.take(bytes, m_flaws); }

    std::uint32_t m_size = 64;
    EchoPayload m_payload{1};
    EchoVerifier m_verifier{m_payload, true};
    EchoFlaws m_flaws;
};

Bytes operator+(Bytes a, const Bytes& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Bytes part(const Bytes& bytes, std::size_t from, std::size_t count = SIZE_MAX)
{
    const auto piece = std::span(bytes).subspan(from, std::min(count, bytes.size() - from));
    return {piece.begin(), piece.end()};
}

std::string text(const Bytes& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_F(EchoVerifierTest, RightHoweverTheStreamIsCut)
{
    for (std::uint64_t sequence = 0; sequence < 64; ++sequence) {
        m_verifier.expect(message(sequence));
        const auto bytes = echo(sequence);
        EXPECT_EQ(take(part(bytes, 0, sequence)), Answer::Pending);
        EXPECT_EQ(take(part(bytes, sequence)), Answer::Right);
        EXPECT_FALSE(m_verifier.outstanding());
    }
    EXPECT_EQ(m_flaws, EchoFlaws());
}

TEST_F(EchoVerifierTest, AWrongByteIsNamed)
{
    m_verifier.expect(message(9));
    auto bytes = echo(9);
    bytes[40] ^= std::byte{0xff};
    EXPECT_EQ(take(bytes), Answer::Wrong);
    EXPECT_EQ(m_flaws.corrupt, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
    EXPECT_EQ(m_flaws.details, (std::vector<EchoDetail>{{.flaw = EchoFlaw::Corrupt,
                                                         .connection = 5,
                                                         .sequence = 9,
                                                         .offset = 40,
                                                         .expected = text(part(echo(9), 40, 1)),
                                                         .actual = text(part(bytes, 40, 1))}}));
}

TEST_F(EchoVerifierTest, AfterAWrongEchoTheNextIsRightAgain)
{
    for (const std::size_t cut : {1U, 39U, 40U, 41U, 63U}) {
        m_verifier.expect(message(0));
        auto bytes = echo(0);
        bytes[40] ^= std::byte{1};
        EXPECT_EQ(take(part(bytes, 0, cut)), Answer::Pending) << cut;
        EXPECT_EQ(take(part(bytes, cut)), Answer::Wrong) << cut;
        m_verifier.expect(message(1));
        EXPECT_EQ(take(echo(1)), Answer::Right) << cut;
    }
    EXPECT_EQ(m_flaws.corrupt, 5U);
    EXPECT_EQ(m_flaws.total(), 5U);
}

TEST_F(EchoVerifierTest, AnEchoOfAnotherConnectionIsCorrupt)
{
    m_verifier.expect(message(0));
    Bytes foreign(m_size);
    m_payload.write({.connection = 6, .size = m_size, .sequence = 0}, 0, foreign);
    EXPECT_EQ(take(foreign), Answer::Wrong);
    EXPECT_EQ(m_flaws.corrupt, 1U);
    EXPECT_EQ(m_flaws.details[0].offset, 3U);
}

TEST_F(EchoVerifierTest, ASecondEchoIsADuplicateWhereverItIsCut)
{
    for (std::size_t cut = 0; cut <= 64; ++cut) {
        m_flaws = {};
        m_verifier.expect(message(2 * cut));
        EXPECT_EQ(take(echo(2 * cut) + part(echo(2 * cut), 0, cut)), Answer::Right);
        m_verifier.expect(message(2 * cut + 1));
        EXPECT_EQ(take(part(echo(2 * cut), cut) + echo(2 * cut + 1)), Answer::Right) << cut;
        EXPECT_EQ(m_flaws.duplicated, 1U) << cut;
        EXPECT_EQ(m_flaws.total(), 1U) << cut;
        EXPECT_EQ(m_flaws.details[0].sequence, 2 * cut);
    }
}

TEST_F(EchoVerifierTest, ADuplicateOfTheLastEchoIsSeenWithNothingOutstanding)
{
    m_verifier.expect(message(0));
    EXPECT_EQ(take(echo(0)), Answer::Right);
    EXPECT_EQ(take(echo(0)), Answer::Pending);
    EXPECT_EQ(m_flaws.duplicated, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
}

TEST_F(EchoVerifierTest, BytesThatNobodyAskedForAreCorrupt)
{
    m_verifier.expect(message(3));
    EXPECT_EQ(take(echo(3)), Answer::Right);
    EXPECT_EQ(take(Bytes(5, std::byte{0x55})), Answer::Pending);
    EXPECT_EQ(m_flaws.corrupt, 1U);
    EXPECT_EQ(m_flaws.details[0].sequence, 3U);
    EXPECT_EQ(m_flaws.details[0].offset, 64U);
    EXPECT_EQ(m_flaws.details[0].expected, "");
    EXPECT_EQ(m_flaws.details[0].actual, "UUUUU");
}

TEST_F(EchoVerifierTest, AnEchoThatIsLateIsLostAndThenPassedOver)
{
    for (std::size_t in_time : {0U, 1U, 20U, 63U}) {
        m_flaws = {};
        m_verifier.expect(message(0));
        EXPECT_EQ(take(part(echo(0), 0, in_time)), Answer::Pending);
        m_verifier.give_up(m_flaws);
        m_verifier.expect(message(1));
        EXPECT_EQ(take(part(echo(0), in_time)), Answer::Pending) << in_time;
        EXPECT_EQ(take(echo(1)), Answer::Right) << in_time;
        EXPECT_EQ(m_flaws.lost, 1U);
        EXPECT_EQ(m_flaws.total(), 1U);
        EXPECT_EQ(m_flaws.details[0].offset, in_time);
    }
}

TEST_F(EchoVerifierTest, AfterALostEchoTheNextMayComeAlone)
{
    m_verifier.expect(message(0));
    m_verifier.give_up(m_flaws);
    m_verifier.expect(message(1));
    EXPECT_EQ(take(echo(1)), Answer::Right);
    EXPECT_EQ(m_flaws.lost, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
}

TEST_F(EchoVerifierTest, AHalfEchoWithoutItsRestDoesNotSpoilTheNext)
{
    m_verifier.expect(message(0));
    EXPECT_EQ(take(part(echo(0), 0, 30)), Answer::Pending);
    m_verifier.give_up(m_flaws);
    m_verifier.expect(message(1));
    EXPECT_EQ(take(echo(1)), Answer::Right);
    EXPECT_EQ(m_flaws.total(), 1U);
}

TEST_F(EchoVerifierTest, TheEndLosesWhatHasNotBegunAndTruncatesWhatHas)
{
    m_verifier.expect(message(0));
    m_verifier.end(m_flaws);
    EXPECT_EQ(m_flaws.lost, 1U);
    m_verifier.expect(message(1));
    EXPECT_EQ(take(part(echo(1), 0, 20)), Answer::Pending);
    m_verifier.end(m_flaws);
    EXPECT_EQ(m_flaws.truncated, 1U);
    EXPECT_EQ(m_flaws.total(), 2U);
    EXPECT_EQ(m_flaws.details[1], (EchoDetail{.flaw = EchoFlaw::Truncated,
                                              .connection = 5,
                                              .sequence = 1,
                                              .offset = 20,
                                              .expected = text(part(echo(1), 20, 16)),
                                              .actual = ""}));
}

TEST_F(EchoVerifierTest, AWrongByteBeforeTheEndIsCorrupt)
{
    m_verifier.expect(message(0));
    auto bytes = echo(0);
    bytes[4] ^= std::byte{1};
    EXPECT_EQ(take(part(bytes, 0, 10)), Answer::Pending);
    m_verifier.end(m_flaws);
    EXPECT_EQ(m_flaws.corrupt, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
    EXPECT_EQ(m_flaws.details[0].offset, 4U);
}

TEST_F(EchoVerifierTest, WithoutComparingOnlyBytesCount)
{
    EchoVerifier counting(m_payload, false);
    counting.expect(message(0));
    EXPECT_EQ(counting.take(Bytes(60), m_flaws), Answer::Pending);
    EXPECT_EQ(counting.take(Bytes(8), m_flaws), Answer::Right);
    counting.expect(message(1));
    EXPECT_EQ(counting.take(Bytes(64), m_flaws), Answer::Right);
    EXPECT_EQ(m_flaws.total(), 0U);
}

TEST_F(EchoVerifierTest, OnlyTheFirstHundredFlawsAreTold)
{
    for (std::uint64_t sequence = 0; sequence < 150; ++sequence) {
        m_verifier.expect(message(sequence));
        m_verifier.give_up(m_flaws);
    }
    EXPECT_EQ(m_flaws.lost, 150U);
    EXPECT_EQ(m_flaws.details.size(), 100U);
}

TEST_F(EchoVerifierTest, MessagesOfOneByteWork)
{
    m_size = 1;
    for (std::uint64_t sequence = 0; sequence < 300; ++sequence) {
        m_verifier.expect(message(sequence));
        EXPECT_EQ(take(echo(sequence)), Answer::Right);
    }
    m_verifier.expect(message(300));
    auto wrong = echo(300);
    for (std::uint64_t answered = 297; answered < 300; ++answered)
        if (echo(answered) == wrong)
            GTEST_FAIL() << "another byte is needed for this test";
    wrong[0] ^= std::byte{0x10};
    take(wrong);
    EXPECT_EQ(m_flaws.total(), 1U);
}

} // namespace
} // namespace sockit
