#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "event/traffic.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sockit {

/// What the input is, as far as its end matters once the peer has finished.
enum class InputKind : std::uint8_t {
    File,     ///< has an end: sent up to it
    Terminal, ///< somebody types, or nobody: ends at once when idle
    Pipe,     ///< pipes, sockets, devices: ends after the linger time without data
};

/// The user's choices about the two halves of a connection.
struct RelayRules {
    bool half_close = true; ///< FIN at the end of the input; else only when the peer is done
    bool send = true;       ///< false: the input is not read, and no FIN goes before the peer's
    bool receive = true;    ///< false: what arrives is dropped; done when all is sent
    /// How long an idle input keeps the connection after the peer's FIN; none: as its kind demands.
    std::optional<Duration> linger;

    bool operator==(const RelayRules&) const = default;
};

/// One direction of a relay.
enum class HalfState : std::uint8_t {
    Idle,   ///< waits for its source
    Moving, ///< holds bytes that its destination has not taken, or waits for it to take any
    Eof,    ///< its source ended and everything was handed on
    Failed,
};

/// The rules of a two-way byte relay between a connection and an input and output, as a state
/// machine without I/O: it is told what happened and says what is wanted next. The half-pumps
/// input -> socket and socket -> output are independent; either may end first.
///
/// - At the end of the input: FIN, and on with receiving until the peer's FIN.
/// - After the peer's FIN: a file is sent to its end, an idle terminal ends at once, anything else
///   after 100 ms without data.
/// - A connection that failed still gives what had arrived; input or output failing ends both.
class Relay {
public:
    Relay(const RelayRules& rules, InputKind input);

    /// What the driver should try as soon as the descriptors allow.
    struct Wants {
        bool read_input = false;
        bool send = false;
        bool send_fin = false; ///< now: needs no readiness
        bool receive = false;
        bool write = false;
        std::optional<Duration> linger; ///< the input is over if it stays idle for so long

        bool operator==(const Wants&) const = default;
    };
    [[nodiscard]] Wants wants() const;
    /// Nothing is left to do; whether it went well is error()'s to say.
    [[nodiscard]] bool finished() const;

    // What happened; byte counts are above 0 where nothing else is said.
    void input_read(std::size_t bytes);
    void input_ended();
    /// The input stayed idle for Wants::linger.
    void input_lingered();
    /// The socket takes nothing now, and the input is not asked before it does.
    void send_blocked();
    /// 0: it takes bytes again.
    void sent(std::size_t bytes);
    void fin_sent();
    void received(std::size_t bytes);
    /// The peer's FIN.
    void peer_ended();
    /// The output takes nothing now, and the socket is not asked before it does.
    void write_blocked();
    /// 0: it takes bytes again.
    void written(std::size_t bytes);
    /// Enough was said and heard: done once what is held is handed on and the FIN is sent.
    void conclude();
    /// Nothing more can be sent or will arrive, but what has arrived may still be there: receive
    /// until it ends or would block.
    void connection_failed(const Error& error);
    /// The receiving itself failed: nothing more is there.
    void receive_failed(const Error& error);
    void input_failed(const Error& error);
    void output_failed(const Error& error);
    /// recv() had nothing. Ends the relay if the connection has failed: then this was the last.
    void nothing_received();

    [[nodiscard]] HalfState sending() const { return m_up.state; }
    [[nodiscard]] HalfState receiving() const { return m_down.state; }
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }
    /// Whose FIN, or reset, came first.
    [[nodiscard]] std::optional<Side> closed_first() const { return m_closed_first; }
    [[nodiscard]] bool fin_was_sent() const { return m_fin_sent; }
    /// The input was read to its own end.
    [[nodiscard]] bool input_eof() const { return m_input_eof; }

private:
    struct Half {
        HalfState state = HalfState::Idle;
        std::size_t held = 0; ///< taken from the source and not yet handed on

        void take(std::size_t bytes);
        void hand_on(std::size_t bytes);
        [[nodiscard]] bool over() const
        {
            return state == HalfState::Eof || state == HalfState::Failed;
        }
    };

    void fail(const Error& error);
    void close_first(Side side);

    RelayRules m_rules;
    InputKind m_kind;
    Half m_up;   ///< input -> socket
    Half m_down; ///< socket -> output
    bool m_input_eof = false;
    bool m_concluded = false;
    bool m_fin_sent = false;
    std::optional<Side> m_closed_first;
    std::optional<Error> m_error;
};

} // namespace sockit
