#include "op/echo_connection.h"

#include <algorithm>

namespace sockit {

void EchoConnection::begin(std::uint32_t size, Clock::time_point now)
{
    m_message.size = size;
    m_message.sequence = m_next_sequence++;
    m_sent = 0;
    m_since = now;
    m_state = State::Busy;
    m_verifier.expect(m_message);
}

Result<> EchoConnection::send(std::span<std::byte> buffer)
{
    while (m_sent < m_message.size) {
        const auto piece = buffer.first(std::min(buffer.size(), m_message.size - m_sent));
        m_payload->write(m_message, m_sent, piece);
        const auto went = TRY(send_some(ref(), piece, ""));
        m_sent += went.bytes;
        if (went.bytes < piece.size())
            break;
    }
    return {};
}

EchoVerifier::Answer EchoConnection::take(std::span<const std::byte> bytes, EchoFlaws& flaws)
{
    const auto answer = m_verifier.take(bytes, flaws);
    if (answer != EchoVerifier::Answer::Pending)
        m_state = State::Idle;
    return answer;
}

void EchoConnection::give_up(EchoFlaws& flaws)
{
    m_verifier.give_up(flaws);
    m_state = State::Idle;
}

void EchoConnection::drain(Clock::time_point now)
{
    // A connection that is gone already says so when it is read next.
    static_cast<void>(m_socket.shutdown_send());
    m_since = now;
    m_state = State::Draining;
}

void EchoConnection::close(EchoFlaws& flaws)
{
    m_verifier.end(flaws);
    m_socket.close();
    m_state = State::Closed;
}

} // namespace sockit
