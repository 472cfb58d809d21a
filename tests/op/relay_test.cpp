#include "op/relay.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>

namespace sockit {

void PrintTo(const Relay::Wants& wants, std::ostream* stream)
{
    *stream << (wants.read_input ? "read_input " : "") << (wants.send ? "send " : "")
            << (wants.send_fin ? "send_fin " : "") << (wants.receive ? "receive " : "")
            << (wants.write ? "write " : "");
    if (wants.linger)
        *stream << "linger=" << wants.linger->count() << "ns";
}

} // namespace sockit

namespace sockit::THIS_FILE {

namespace {

using Wants = Relay::Wants;
using std::chrono::milliseconds;

const Error reset = Error::from_errno(Phase::Receive, "recv", "peer", ECONNRESET);
const Error broken = Error::from_errno(Phase::Send, "send", "peer", EPIPE);
const Error full = Error::from_errno(Phase::Output, "write", "stdout", ENOSPC);
const Error unreadable = Error::from_errno(Phase::Receive, "read", "stdin", EIO);

Relay make(InputKind input, const RelayRules& rules = {}) { return {rules, input}; }

class RelayOfAnyInput : public testing::TestWithParam<InputKind> {};

INSTANTIATE_TEST_SUITE_P(, RelayOfAnyInput,
                         testing::Values(InputKind::File, InputKind::Terminal, InputKind::Pipe));

TEST_P(RelayOfAnyInput, BeginsByReadingBothSides)
{
    const Relay relay = make(GetParam());
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .receive = true}));
    EXPECT_FALSE(relay.finished());
    EXPECT_EQ(relay.sending(), HalfState::Idle);
    EXPECT_EQ(relay.receiving(), HalfState::Idle);
    EXPECT_FALSE(relay.closed_first());
}

TEST_P(RelayOfAnyInput, TheHalvesMoveIndependently)
{
    Relay relay = make(GetParam());
    relay.input_read(10);
    EXPECT_EQ(relay.wants(), (Wants{.send = true, .receive = true}));
    relay.received(5);
    EXPECT_EQ(relay.wants(), (Wants{.send = true, .write = true}));
    relay.sent(4);
    EXPECT_EQ(relay.sending(), HalfState::Moving);
    relay.sent(6);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .write = true}));
    relay.written(5);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .receive = true}));
}

TEST_P(RelayOfAnyInput, WhatTheKernelMovesIsHeldByNobody)
{
    Relay relay = make(GetParam());
    relay.send_blocked();
    relay.write_blocked();
    EXPECT_EQ(relay.wants(), (Wants{.send = true, .write = true}));
    relay.sent(0);
    relay.written(0);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .receive = true}));
}

TEST_P(RelayOfAnyInput, OnceConcludedItHandsOnWhatIsHeldAndSendsFin)
{
    Relay relay = make(GetParam(), {.half_close = false});
    relay.input_read(5);
    relay.received(3);
    relay.conclude();
    EXPECT_EQ(relay.wants(), (Wants{.send = true, .write = true}));
    relay.sent(5);
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true, .write = true}));
    relay.fin_sent();
    EXPECT_FALSE(relay.finished());
    relay.written(3);
    EXPECT_TRUE(relay.finished());
    EXPECT_FALSE(relay.error());
}

TEST_P(RelayOfAnyInput, AtTheEndOfInputSendsFinAndReadsOn)
{
    Relay relay = make(GetParam());
    relay.input_ended();
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true, .receive = true}));
    relay.fin_sent();
    EXPECT_EQ(relay.wants(), (Wants{.receive = true}));
    EXPECT_FALSE(relay.finished());
    relay.received(3);
    relay.written(3);
    EXPECT_EQ(relay.wants(), (Wants{.receive = true}));
    relay.peer_ended();
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.wants(), Wants{});
    EXPECT_EQ(relay.sending(), HalfState::Eof);
    EXPECT_EQ(relay.receiving(), HalfState::Eof);
    EXPECT_EQ(relay.closed_first(), Side::Local);
    EXPECT_TRUE(relay.input_eof());
    EXPECT_FALSE(relay.error());
}

TEST_P(RelayOfAnyInput, NoFinBeforeTheLastByteIsSent)
{
    Relay relay = make(GetParam());
    relay.input_read(2);
    relay.peer_ended();
    EXPECT_EQ(relay.wants(), (Wants{.send = true}));
    relay.sent(2);
    relay.input_ended();
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true}));
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.closed_first(), Side::Peer);
}

TEST_P(RelayOfAnyInput, WhatArrivedIsWrittenBeforeTheEnd)
{
    Relay relay = make(GetParam());
    relay.input_ended();
    relay.fin_sent();
    relay.received(100);
    EXPECT_EQ(relay.wants(), (Wants{.write = true}));
    relay.written(99);
    EXPECT_EQ(relay.wants(), (Wants{.write = true}));
    relay.written(1);
    relay.peer_ended();
    EXPECT_TRUE(relay.finished());
}

TEST(RelayAfterThePeersFin, AFileIsSentToItsEnd)
{
    Relay relay = make(InputKind::File);
    relay.peer_ended();
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true}));
    relay.input_read(7);
    relay.sent(7);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true}));
    relay.input_ended();
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.closed_first(), Side::Peer);
}

TEST(RelayAfterThePeersFin, AnIdleTerminalEndsAtOnce)
{
    Relay relay = make(InputKind::Terminal);
    relay.peer_ended();
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .linger = Duration::zero()}));
    relay.input_lingered();
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true}));
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
    EXPECT_FALSE(relay.input_eof());
}

TEST(RelayAfterThePeersFin, AnIdlePipeEndsAfter100Milliseconds)
{
    Relay relay = make(InputKind::Pipe);
    relay.peer_ended();
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .linger = milliseconds(100)}));
    relay.input_lingered();
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
}

TEST(RelayAfterThePeersFin, LateInputIsSentAndStartsTheWaitAnew)
{
    Relay relay = make(InputKind::Pipe);
    relay.peer_ended();
    relay.input_read(4);
    EXPECT_EQ(relay.wants(), (Wants{.send = true})); // a slow peer is no idle input
    relay.sent(4);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .linger = milliseconds(100)}));
}

TEST(RelayAfterThePeersFin, ATypedLineIsSent)
{
    Relay relay = make(InputKind::Terminal);
    relay.peer_ended();
    relay.input_read(5);
    relay.sent(5);
    relay.input_lingered();
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true}));
}

TEST(RelayAfterThePeersFin, TheUserSetsTheWait)
{
    for (const auto input : {InputKind::Pipe, InputKind::Terminal}) {
        Relay relay = make(input, {.linger = milliseconds(2000)});
        relay.peer_ended();
        EXPECT_EQ(relay.wants().linger, milliseconds(2000));
    }
    Relay file = make(InputKind::File, {.linger = milliseconds(2000)});
    file.peer_ended();
    EXPECT_EQ(file.wants().linger, std::nullopt); // it has an end: no need to guess
}

TEST(RelayAfterThePeersFin, UnwrittenBytesDoNotHoldUpTheInput)
{
    Relay relay = make(InputKind::File);
    relay.received(9);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .write = true}));
    relay.input_read(1);
    EXPECT_EQ(relay.wants(), (Wants{.send = true, .write = true}));
}

TEST(RelayRules, NoHalfCloseKeepsTheFinUntilThePeerIsDone)
{
    Relay relay = make(InputKind::Pipe, {.half_close = false});
    relay.input_ended();
    EXPECT_EQ(relay.wants(), (Wants{.receive = true}));
    relay.received(8);
    EXPECT_EQ(relay.wants(), (Wants{.write = true}));
    relay.written(8);
    relay.peer_ended();
    EXPECT_FALSE(relay.finished());
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true}));
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.closed_first(), Side::Peer);
}

TEST(RelayRules, ReceiveOnlyReadsNoInputAndSendsNoFinBeforeThePeers)
{
    Relay relay = make(InputKind::Terminal, {.send = false});
    EXPECT_EQ(relay.wants(), (Wants{.receive = true}));
    relay.received(3);
    relay.written(3);
    relay.peer_ended();
    EXPECT_EQ(relay.wants(), (Wants{.send_fin = true}));
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
    EXPECT_FALSE(relay.input_eof());
}

TEST(RelayRules, SendOnlyDropsWhatArrivesAndEndsWhenAllIsSent)
{
    Relay relay = make(InputKind::Pipe, {.receive = false});
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .receive = true}));
    relay.received(50);
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true, .receive = true}));
    relay.input_read(1);
    relay.sent(1);
    relay.input_ended();
    relay.fin_sent();
    EXPECT_TRUE(relay.finished());
}

TEST(RelayRules, SendOnlyOutlivesThePeersFin)
{
    Relay relay = make(InputKind::Pipe, {.receive = false});
    relay.peer_ended();
    EXPECT_EQ(relay.wants(), (Wants{.read_input = true}));
}

TEST_P(RelayOfAnyInput, AResetEndsBothHalves)
{
    Relay relay = make(GetParam());
    relay.receive_failed(reset);
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.sending(), HalfState::Failed);
    EXPECT_EQ(relay.receiving(), HalfState::Failed);
    EXPECT_EQ(relay.error(), reset);
    EXPECT_EQ(relay.closed_first(), Side::Peer);
}

TEST_P(RelayOfAnyInput, AResetAfterOurFinIsAnErrorAllTheSame)
{
    Relay relay = make(GetParam());
    relay.input_ended();
    relay.fin_sent();
    relay.receive_failed(reset);
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.error(), reset);
    EXPECT_EQ(relay.closed_first(), Side::Local);
}

TEST_P(RelayOfAnyInput, AFailedSendStillTakesWhatHadArrived)
{
    Relay relay = make(GetParam());
    relay.input_read(10);
    relay.connection_failed(broken);
    EXPECT_FALSE(relay.finished());
    EXPECT_EQ(relay.wants(), (Wants{.receive = true}));
    relay.received(6);
    EXPECT_EQ(relay.wants(), (Wants{.write = true}));
    relay.written(6);
    EXPECT_EQ(relay.wants(), (Wants{.receive = true}));
    relay.peer_ended(); // how recv() ends after a reset whose error was already told
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.receiving(), HalfState::Failed);
    EXPECT_EQ(relay.error(), broken);
}

TEST_P(RelayOfAnyInput, AFailedConnectionWithNothingMoreToReadIsOver)
{
    Relay relay = make(GetParam());
    relay.nothing_received();
    EXPECT_FALSE(relay.finished()); // an ordinary lull
    relay.connection_failed(broken);
    relay.nothing_received();
    EXPECT_TRUE(relay.finished());
}

TEST_P(RelayOfAnyInput, AFailureAfterThePeersFinEndsAtOnce)
{
    Relay relay = make(GetParam());
    relay.peer_ended();
    relay.input_read(10);
    relay.connection_failed(broken);
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.error(), broken);
    EXPECT_EQ(relay.receiving(), HalfState::Eof);
}

TEST_P(RelayOfAnyInput, BytesInHandAreWrittenAfterAReset)
{
    Relay relay = make(GetParam());
    relay.received(20);
    relay.connection_failed(reset);
    EXPECT_EQ(relay.wants(), (Wants{.write = true}));
    relay.written(20);
    relay.receive_failed(reset);
    EXPECT_TRUE(relay.finished());
}

TEST_P(RelayOfAnyInput, FailedOutputEndsBothHalvesAndOutranksAReset)
{
    Relay relay = make(GetParam());
    relay.input_read(1);
    relay.received(20);
    relay.connection_failed(reset);
    relay.output_failed(full);
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.sending(), HalfState::Failed);
    EXPECT_EQ(relay.receiving(), HalfState::Failed);
    EXPECT_EQ(relay.error(), full);
}

TEST_P(RelayOfAnyInput, FailedInputEndsBothHalves)
{
    Relay relay = make(GetParam());
    relay.received(20);
    relay.input_failed(unreadable);
    EXPECT_TRUE(relay.finished());
    EXPECT_EQ(relay.error(), unreadable);
    EXPECT_FALSE(relay.input_eof());
}

TEST_P(RelayOfAnyInput, TheFirstErrorIsTheOneThatCounts)
{
    Relay relay = make(GetParam());
    relay.connection_failed(broken);
    relay.receive_failed(reset);
    EXPECT_EQ(relay.error(), broken);
}

} // namespace

} // namespace sockit::THIS_FILE
