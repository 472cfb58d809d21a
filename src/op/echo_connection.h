#pragma once

#include "base/deadline.h"
#include "op/echo_verifier.h"
#include "sock/io.h"
#include "sock/socket.h"

#include <optional>

namespace sockit {

/// One connection of the echo client: at most one message is on its way.
class EchoConnection {
public:
    enum class State : std::uint8_t {
        Idle,     ///< the next message may begin
        Busy,     ///< a message is on its way
        Draining, ///< FIN is sent; what still comes is checked until the peer's FIN
        Closed,
    };

    EchoConnection(Socket socket, std::uint32_t number, const EchoPayload& payload, bool verify)
        : m_payload(&payload), m_socket(std::move(socket)), m_verifier(payload, verify)
    {
        m_message.connection = number;
    }

    [[nodiscard]] FdRef ref() const { return m_socket.ref(); }
    [[nodiscard]] State state() const { return m_state; }
    /// The message on its way, or the last one.
    [[nodiscard]] const EchoMessage& message() const { return m_message; }
    [[nodiscard]] std::uint64_t next_sequence() const { return m_next_sequence; }
    /// Whether all of the message has gone out: if not, wait until the socket is writable.
    [[nodiscard]] bool sent_all() const { return m_sent == m_message.size; }
    /// When the message on its way, or the drain, began.
    [[nodiscard]] Clock::time_point since() const { return m_since; }

    /// Begins the next message, of that size. Then send().
    void begin(std::uint32_t size, Clock::time_point now);
    /// Sends as much of the message as the socket takes, through `buffer`.
    Result<> send(std::span<std::byte> buffer);
    /// Takes these bytes. An answer other than Pending makes the connection idle.
    EchoVerifier::Answer take(std::span<const std::byte> bytes, EchoFlaws& flaws);
    /// The message's time is up: the connection is idle.
    void give_up(EchoFlaws& flaws);
    /// Sends FIN.
    void drain(Clock::time_point now);
    /// The stream ended or broke.
    void close(EchoFlaws& flaws);

private:
    const EchoPayload* m_payload;
    Socket m_socket;
    State m_state = State::Idle;
    EchoVerifier m_verifier;
    EchoMessage m_message;
    std::uint64_t m_next_sequence = 0;
    std::size_t m_sent = 0; ///< of the message
    Clock::time_point m_since;
};

} // namespace sockit
