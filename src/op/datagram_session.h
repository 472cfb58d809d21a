#pragma once

#include "op/answer_clock.h"
#include "op/datagram_input.h"
#include "op/datagram_output.h"
#include "op/dialogue.h"
#include "op/hex_dump.h"
#include "op/op_loop.h"
#include "op/relay_plan.h"
#include "op/watched.h"
#include "sock/socket.h"

namespace sockit {

struct DatagramPlan {
    RelayPlan relay;
    FramingPlan framing;
    /// Datagrams without a connection: how long the first answer may take.
    std::optional<Duration> answer_timeout;
    std::optional<std::uint64_t> id; ///< for the records of what arrives
};

struct DatagramOutcome {
    Traffic traffic;
    std::optional<Clock::time_point> first_byte; ///< when the peer's first datagram arrived
    std::optional<KeptPayload> payload;
    std::optional<Error> error;
};

/// Moves datagrams between a connected socket and an input and an output. A seqpacket socket is a
/// connection and follows the rules of Relay. Others know no end: after the end of the input the
/// relay is done when RelayRules::linger (1 s) passes without an answer; without any answer that is
/// ETIMEDOUT, unless nothing is to be received. What the network or the peer says against a
/// datagram ends it. An input that is not read needs no answer before it is stopped.
class DatagramSession {
public:
    /// What it refers to outlives it.
    DatagramSession(OpLoop& loop, const Socket& socket, const Endpoint& peer, Stream input,
                    DatagramOutput output, const DatagramPlan& plan, const Emit& emit);
    DatagramSession(const DatagramSession&) = delete;
    DatagramSession& operator=(const DatagramSession&) = delete;
    ~DatagramSession() = default;

    /// Once: until its end, or until the loop is stopped.
    DatagramOutcome run();

private:
    static constexpr std::uint64_t input_token = 0;
    static constexpr std::uint64_t socket_token = 1;
    static constexpr std::uint64_t output_token = 2;

    Result<> step();
    void watch();
    void handle(const Ready& ready);
    void finish_sending();
    void converse();
    void read_input();
    void offer();
    void send();
    void sent(std::size_t count);
    void receive();
    bool note(std::span<const ReceivedDatagram> datagrams);
    void hand_on();
    void connection_failed(Error error);
    void look_at_socket();
    void watch_clocks();
    [[nodiscard]] Deadline linger_deadline();
    [[nodiscard]] Deadline next_deadline();
    [[nodiscard]] Error no_answer(std::string detail) const;
    void moved() { m_idle = Deadline::after(m_plan.relay.idle_timeout); }
    DatagramOutcome settle();

    OpLoop& m_loop;
    const Socket& m_socket;
    const Endpoint& m_peer;
    std::string m_peer_text;
    const DatagramPlan& m_plan;
    const Emit& m_emit;
    bool m_connection; ///< the peer's end can be seen
    DatagramInput m_input;
    DatagramOutput m_output;
    std::optional<Dialogue> m_dialogue; ///< before the input has its turn
    std::optional<HexDump> m_hex_sent;
    std::optional<HexDump> m_hex_received;
    Relay m_relay;       ///< counts datagrams
    AnswerClock m_clock; ///< where there is no connection
    DatagramInbox m_inbox;
    std::span<const ReceivedDatagram> m_arrived; ///< not yet handed on
    bool m_socket_muted = false;
    int m_errors_left = 16; ///< after the first, while taking what has arrived
    Deadline m_idle;
    Deadline m_pause; ///< do not send before
    std::optional<Deadline> m_linger;
    Watched m_watch_input;
    Watched m_watch_socket;
    Watched m_watch_output;
    Datagrams m_count;
    std::uint64_t m_bytes_sent = 0;
    std::uint64_t m_bytes_received = 0;
    DatagramOutcome m_outcome;
};

} // namespace sockit
