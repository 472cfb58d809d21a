#pragma once

#include "op/echo_link.h"
#include "op/echo_verifier.h"

#include <span>

namespace sockit {

/// One connection of the echo client, or one after the other of the same number.
class EchoConnection {
public:
    enum class State : std::uint8_t {
        Idle,       ///< no connection yet, or none any more; another one may be made
        Connecting, ///< or in the TLS handshake
        Open,
        Draining, ///< nothing more will be sent; what still comes is checked
        Closed,   ///< for good
    };

    EchoConnection(const EchoScript& script, EchoLink link, std::uint32_t number, bool compare)
        : m_script(&script), m_link(std::move(link)), m_verifier(script, number, compare),
          m_number(number)
    {}

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] EchoLink& link() { return m_link; }
    [[nodiscard]] const EchoLink& link() const { return m_link; }
    [[nodiscard]] std::uint32_t number() const { return m_number; }
    [[nodiscard]] const EchoWindow& window() const { return m_verifier.window(); }
    /// When the state began.
    [[nodiscard]] Clock::time_point since() const { return m_since; }
    void enter(State state, Clock::time_point now)
    {
        m_state = state;
        m_since = now;
    }
    [[nodiscard]] std::uint64_t next_sequence() const { return m_next_sequence; }
    /// Something of this connection has come back.
    [[nodiscard]] bool heard() const { return m_heard; }

    /// When the message should have been sent that waits for a connection of its own.
    std::optional<Clock::time_point> owed;

    /// No message will follow those that are under way.
    void set_finished() { m_finished = true; }
    [[nodiscard]] bool finished() const { return m_finished; }

    /// The next message is under way. Then flush().
    void begin(Clock::time_point intended, Clock::time_point now);
    /// Sends what the socket takes of what is under way, through `buffer`, and minds to be woken
    /// for the rest.
    Result<> flush(std::span<std::byte> buffer, Clock::time_point now);
    /// Whether it has something to send that the socket did not take.
    [[nodiscard]] bool blocked() const { return m_unsent > 0; }

    /// As EchoVerifier's, of a stream or of one datagram.
    EchoVerifier::Answer take(std::span<const std::byte>& bytes, EchoFlaws& flaws);
    [[nodiscard]] const EchoSent& answered() const { return m_verifier.answered(); }
    /// More was answered than was sent, or half a message is sent and given up: nothing on this
    /// connection has a meaning any more.
    [[nodiscard]] bool out_of_step() const { return m_torn || window().size() < m_unsent; }
    void give_up(EchoFlaws& flaws);
    /// Closes the link. Messages under way are flaws, or forgotten where the connection never
    /// stood.
    void close(EchoFlaws& flaws);
    void forget();

private:
    Result<Transfer> send_datagram(std::span<std::byte> buffer);
    Result<Transfer> send_stream(std::span<std::byte> buffer, std::size_t& asked);
    void advance(std::size_t bytes);
    [[nodiscard]] const EchoSent& first_unsent() const
    {
        return window()[window().size() - m_unsent];
    }

    const EchoScript* m_script;
    EchoLink m_link;
    EchoVerifier m_verifier;
    Clock::time_point m_since;
    std::uint64_t m_next_sequence = 0;
    std::size_t m_unsent = 0; ///< messages at the window's end that have not gone, or not all of it
    std::size_t m_offset = 0; ///< of the first of them so much has gone
    std::uint32_t m_number;
    State m_state = State::Idle;
    bool m_finished = false;
    bool m_heard = false;
    bool m_torn = false; ///< half a message is sent and will not be completed
};

} // namespace sockit
