#include "op/echo_verifier.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sockit::THIS_FILE {
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

    void use_messages_of(std::uint32_t size)
    {
        m_size = size;
        m_script = script(size);
        m_verifier = EchoVerifier(m_script, 5, true);
    }

    static EchoScript script(std::uint32_t size) { return {1, {.ranges = {{size, size}}}, 9}; }

    void expect(std::uint64_t sequence) { m_verifier.expect({.message = message(sequence)}); }

    /// The first answer that is none; all bytes are taken.
    Answer take(const Bytes& bytes)
    {
        std::span<const std::byte> left(bytes);
        const auto answer = m_verifier.take(left, m_flaws);
        if (answer != Answer::Pending) {
            EXPECT_EQ(m_verifier.take(left, m_flaws), Answer::Pending);
        }
        return answer;
    }

    /// The sequences that are answered right, in the order of the answers.
    std::vector<std::uint64_t> take_all(const Bytes& bytes)
    {
        std::vector<std::uint64_t> right;
        std::span<const std::byte> left(bytes);
        for (;;) {
            const auto answer = m_verifier.take(left, m_flaws);
            if (answer == Answer::Pending)
                return right;
            if (answer == Answer::Right)
                right.push_back(m_verifier.answered().message.sequence);
        }
    }

    Answer take_datagram(const Bytes& bytes) { return m_verifier.take_datagram(bytes, m_flaws); }

    std::uint32_t m_size = 64;
    EchoScript m_script = script(64);
    const EchoPayload& m_payload = m_script.payload();
    EchoVerifier m_verifier{m_script, 5, true};
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
        expect(sequence);
        const auto bytes = echo(sequence);
        EXPECT_EQ(take(part(bytes, 0, sequence)), Answer::Pending);
        EXPECT_EQ(take(part(bytes, sequence)), Answer::Right);
        EXPECT_TRUE(m_verifier.window().empty());
    }
    EXPECT_EQ(m_flaws, EchoFlaws());
}

TEST_F(EchoVerifierTest, AWrongByteIsNamed)
{
    expect(9);
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
        expect(0);
        auto bytes = echo(0);
        bytes[40] ^= std::byte{1};
        EXPECT_EQ(take(part(bytes, 0, cut)), Answer::Pending) << cut;
        EXPECT_EQ(take(part(bytes, cut)), Answer::Wrong) << cut;
        expect(1);
        EXPECT_EQ(take(echo(1)), Answer::Right) << cut;
    }
    EXPECT_EQ(m_flaws.corrupt, 5U);
    EXPECT_EQ(m_flaws.total(), 5U);
}

TEST_F(EchoVerifierTest, AnEchoOfAnotherConnectionIsCorrupt)
{
    expect(0);
    Bytes foreign(m_size);
    m_payload.write({.connection = 6, .size = m_size, .sequence = 0}, 0, foreign);
    EXPECT_EQ(take(foreign), Answer::Wrong);
    EXPECT_EQ(m_flaws.corrupt, 1U);
    EXPECT_EQ(m_flaws.details[0].offset, 3U);
    EXPECT_EQ(m_flaws.details[0].other, (EchoDetail::Other{.connection = 6, .sequence = 0}));
}

TEST_F(EchoVerifierTest, ASecondEchoIsADuplicateWhereverItIsCut)
{
    for (std::size_t cut = 0; cut <= 64; ++cut) {
        m_flaws = {};
        expect(2 * cut);
        EXPECT_EQ(take(echo(2 * cut) + part(echo(2 * cut), 0, cut)), Answer::Right);
        expect(2 * cut + 1);
        EXPECT_EQ(take(part(echo(2 * cut), cut) + echo(2 * cut + 1)), Answer::Right) << cut;
        EXPECT_EQ(m_flaws.duplicated, 1U) << cut;
        EXPECT_EQ(m_flaws.total(), 1U) << cut;
        EXPECT_EQ(m_flaws.details[0].sequence, 2 * cut);
    }
}

TEST_F(EchoVerifierTest, ADuplicateOfTheLastEchoIsSeenWithNothingOutstanding)
{
    expect(0);
    EXPECT_EQ(take(echo(0)), Answer::Right);
    EXPECT_EQ(take(echo(0)), Answer::Pending);
    EXPECT_EQ(m_flaws.duplicated, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
}

TEST_F(EchoVerifierTest, BytesThatNobodyAskedForAreCorrupt)
{
    expect(3);
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
        expect(0);
        EXPECT_EQ(take(part(echo(0), 0, in_time)), Answer::Pending);
        m_verifier.give_up(m_flaws);
        expect(1);
        EXPECT_EQ(take(part(echo(0), in_time)), Answer::Pending) << in_time;
        EXPECT_EQ(take(echo(1)), Answer::Right) << in_time;
        EXPECT_EQ(m_flaws.lost, 1U);
        EXPECT_EQ(m_flaws.total(), 1U);
        EXPECT_EQ(m_flaws.details[0].offset, in_time);
    }
}

TEST_F(EchoVerifierTest, AfterALostEchoTheNextMayComeAlone)
{
    expect(0);
    m_verifier.give_up(m_flaws);
    expect(1);
    EXPECT_EQ(take(echo(1)), Answer::Right);
    EXPECT_EQ(m_flaws.lost, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
}

TEST_F(EchoVerifierTest, AHalfEchoWithoutItsRestDoesNotSpoilTheNext)
{
    expect(0);
    EXPECT_EQ(take(part(echo(0), 0, 30)), Answer::Pending);
    m_verifier.give_up(m_flaws);
    expect(1);
    EXPECT_EQ(take(echo(1)), Answer::Right);
    EXPECT_EQ(m_flaws.total(), 1U);
}

TEST_F(EchoVerifierTest, TheEndLosesWhatHasNotBegunAndTruncatesWhatHas)
{
    expect(0);
    m_verifier.end(m_flaws);
    EXPECT_EQ(m_flaws.lost, 1U);
    expect(1);
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
    expect(0);
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
    m_verifier = EchoVerifier(m_script, 5, false);
    expect(0);
    EXPECT_EQ(take(Bytes(60)), Answer::Pending);
    EXPECT_EQ(take(Bytes(8)), Answer::Right);
    expect(1);
    EXPECT_EQ(take(Bytes(64)), Answer::Right);
    EXPECT_EQ(m_flaws.total(), 0U);
}

TEST_F(EchoVerifierTest, OnlyTheFirstHundredFlawsAreTold)
{
    for (std::uint64_t sequence = 0; sequence < 150; ++sequence) {
        expect(sequence);
        m_verifier.give_up(m_flaws);
    }
    EXPECT_EQ(m_flaws.lost, 150U);
    EXPECT_EQ(m_flaws.details.size(), 100U);
}

TEST_F(EchoVerifierTest, ManyUnderWayAreAnsweredInTurnHoweverTheStreamIsCut)
{
    const Bytes stream = echo(0) + echo(1) + echo(2) + echo(3);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        m_verifier = EchoVerifier(m_script, 5, true);
        for (std::uint64_t sequence = 0; sequence < 4; ++sequence)
            expect(sequence);
        auto right = take_all(part(stream, 0, cut));
        std::ranges::copy(take_all(part(stream, cut)), std::back_inserter(right));
        EXPECT_EQ(right, (std::vector<std::uint64_t>{0, 1, 2, 3})) << cut;
    }
    EXPECT_EQ(m_flaws, EchoFlaws());
}

TEST_F(EchoVerifierTest, OfManyUnderWayTheWrongOneIsNamed)
{
    for (std::uint64_t sequence = 0; sequence < 4; ++sequence)
        expect(sequence);
    auto wrong = echo(2);
    wrong[40] ^= std::byte{1};
    EXPECT_EQ(take_all(echo(0) + echo(1) + wrong + echo(3)), (std::vector<std::uint64_t>{0, 1, 3}));
    EXPECT_EQ(m_flaws.total(), 1U);
    EXPECT_EQ(m_flaws.details[0].sequence, 2U);
    EXPECT_EQ(m_flaws.details[0].offset, 40U);
}

TEST_F(EchoVerifierTest, AMessageThatIsLeftOutDoesNotSpoilTheOthers)
{
    for (std::uint64_t sequence = 0; sequence < 4; ++sequence)
        expect(sequence);
    EXPECT_EQ(take_all(echo(0) + echo(2) + echo(3)), (std::vector<std::uint64_t>{0, 2, 3}));
    EXPECT_EQ(m_flaws, EchoFlaws());
    m_verifier.give_up(m_flaws);
    EXPECT_EQ(m_flaws.lost, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
    EXPECT_EQ(m_flaws.details[0].sequence, 1U);
}

TEST_F(EchoVerifierTest, BytesThatAreLeftOutDoNotSpoilTheOthers)
{
    for (std::size_t from = 1; from < 64; ++from) {
        m_flaws = {};
        m_verifier = EchoVerifier(m_script, 5, true);
        for (std::uint64_t sequence = 0; sequence < 4; ++sequence)
            expect(sequence);
        EXPECT_EQ(take_all(echo(0) + part(echo(1), 0, from) + echo(2) + echo(3)),
                  (std::vector<std::uint64_t>{0, 2, 3}))
            << from;
        EXPECT_EQ(m_flaws.corrupt, 1U);
        EXPECT_EQ(m_flaws.total(), 1U);
        EXPECT_GE(m_flaws.details[0].offset, from);
    }
}

TEST_F(EchoVerifierTest, AnEchoThatComesAfterALaterOneIsReordered)
{
    for (std::uint64_t sequence = 0; sequence < 3; ++sequence)
        expect(sequence);
    EXPECT_EQ(take_all(echo(1) + echo(0) + echo(2)), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(m_flaws.reordered, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
    EXPECT_EQ(m_flaws.details[0].sequence, 0U);
    EXPECT_TRUE(m_verifier.window().empty());
}

TEST_F(EchoVerifierTest, AnEchoOfLongAgoIsADuplicate)
{
    for (std::uint64_t sequence = 0; sequence < 100; ++sequence) {
        expect(sequence);
        EXPECT_EQ(take(echo(sequence)), Answer::Right);
    }
    expect(100);
    EXPECT_EQ(take(echo(7) + echo(100)), Answer::Right);
    EXPECT_EQ(m_flaws.duplicated, 1U);
    EXPECT_EQ(m_flaws.total(), 1U);
    EXPECT_EQ(m_flaws.details[0].sequence, 7U);
}

TEST_F(EchoVerifierTest, DatagramsAreToldByWhatTheySay)
{
    for (std::uint64_t sequence = 0; sequence < 6; ++sequence)
        expect(sequence);
    EXPECT_EQ(take_datagram(echo(1)), Answer::Right);
    EXPECT_EQ(take_datagram(echo(0)), Answer::Wrong);
    EXPECT_EQ(m_flaws.reordered, 1U);
    EXPECT_EQ(take_datagram(echo(1)), Answer::Pending);
    EXPECT_EQ(m_flaws.duplicated, 1U);
    EXPECT_EQ(take_datagram(part(echo(2), 0, 63)), Answer::Wrong);
    EXPECT_EQ(m_flaws.truncated, 1U);
    EXPECT_EQ(m_flaws.details.back().offset, 63U);
    auto wrong = echo(4);
    wrong[20] ^= std::byte{1};
    EXPECT_EQ(take_datagram(wrong), Answer::Wrong);
    EXPECT_EQ(m_verifier.answered().message.sequence, 4U);
    EXPECT_EQ(take_datagram(echo(5) + Bytes(1)), Answer::Wrong);
    EXPECT_EQ(m_flaws.corrupt, 2U);
    EXPECT_EQ(m_flaws.details.back().offset, 64U);
    m_verifier.give_up(m_flaws);
    EXPECT_EQ(m_flaws.lost, 1U);
    EXPECT_EQ(m_flaws.details.back().sequence, 3U);
    EXPECT_TRUE(m_verifier.window().empty());
    EXPECT_EQ(take_datagram(echo(3)), Answer::Pending); // late: it was lost, and is nothing else
    EXPECT_EQ(m_flaws.total(), 6U);
    EXPECT_EQ(take_datagram(Bytes(3)), Answer::Pending);
    EXPECT_EQ(m_flaws.corrupt, 3U);
}

TEST_F(EchoVerifierTest, MessagesOfOneByteWork)
{
    use_messages_of(1);
    for (std::uint64_t sequence = 0; sequence < 300; ++sequence) {
        expect(sequence);
        EXPECT_EQ(take(echo(sequence)), Answer::Right);
    }
    expect(300);
    auto wrong = echo(300);
    for (std::uint64_t answered = 297; answered < 300; ++answered)
        if (echo(answered) == wrong)
            GTEST_FAIL() << "another byte is needed for this test";
    wrong[0] ^= std::byte{0x10};
    take(wrong);
    EXPECT_EQ(m_flaws.total(), 1U);
}

} // namespace
} // namespace sockit::THIS_FILE
