#include "op/echo_connection.h"

#include <algorithm>
#include <array>

namespace sockit {

namespace {

/// From that size on the kernel copies from where the bytes lie; smaller messages are put together.
constexpr std::size_t worth_gathering = 2048;

} // namespace

void EchoConnection::begin(Clock::time_point intended, Clock::time_point now)
{
    m_verifier.expect({.message = m_script->message(m_number, m_next_sequence++),
                       .intended = intended,
                       .sent = now});
    ++m_unsent;
}

Result<> EchoConnection::flush(std::span<std::byte> buffer, Clock::time_point now)
{
    auto& sent = m_verifier.window();
    for (auto i = sent.size() - m_unsent + (m_offset > 0 ? 1 : 0); i < sent.size(); ++i)
        sent[i].sent = now;
    while (m_unsent > 0) {
        std::size_t asked = 0;
        const auto went =
            TRY(m_link.is_datagram() ? send_datagram(buffer) : send_stream(buffer, asked));
        if (went.would_block())
            return m_link.want_to_send(true);
        advance(went.bytes);
        if (went.bytes < asked)
            return m_link.want_to_send(true);
    }
    return m_link.want_to_send(false);
}

Result<Transfer> EchoConnection::send_datagram(std::span<std::byte> buffer)
{
    const EchoMessage& message = first_unsent().message;
    const auto bytes = buffer.first(message.size);
    m_script->payload().write(message, 0, bytes);
    return m_link.channel().send(bytes);
}

/// One large message, or as many small ones as fit into the buffer.
Result<Transfer> EchoConnection::send_stream(std::span<std::byte> buffer, std::size_t& asked)
{
    const EchoMessage& message = first_unsent().message;
    if (message.size - m_offset >= worth_gathering && m_link.channel().plain()) {
        EchoPayload::Header header{};
        std::array<std::span<const std::byte>, EchoPayload::most_pieces> pieces;
        const auto count = m_script->payload().pieces(message, m_offset, header, pieces);
        for (std::size_t i = 0; i < count; ++i)
            asked += pieces[i].size();
        return m_link.channel().send(std::span(pieces).first(count));
    }
    std::size_t offset = m_offset;
    for (auto i = window().size() - m_unsent; i < window().size() && asked < buffer.size(); ++i) {
        const EchoMessage& next = window()[i].message;
        const auto piece =
            buffer.subspan(asked, std::min<std::size_t>(next.size - offset, buffer.size() - asked));
        m_script->payload().write(next, offset, piece);
        asked += piece.size();
        offset = 0;
    }
    return m_link.channel().send(buffer.first(asked));
}

void EchoConnection::advance(std::size_t bytes)
{
    while (bytes > 0) {
        const auto left = first_unsent().message.size - m_offset;
        const auto part = std::min<std::size_t>(bytes, left);
        bytes -= part;
        m_offset = part == left ? 0 : m_offset + part;
        m_unsent -= part == left ? 1 : 0;
    }
}

EchoVerifier::Answer EchoConnection::take(std::span<const std::byte>& bytes, EchoFlaws& flaws)
{
    m_heard = true;
    if (m_link.is_datagram())
        return m_verifier.take_datagram(std::exchange(bytes, {}), flaws);
    return m_verifier.take(bytes, flaws);
}

void EchoConnection::give_up(EchoFlaws& flaws)
{
    m_torn = m_torn || (m_unsent == window().size() && m_offset > 0);
    m_verifier.give_up(flaws);
    m_unsent = std::min(m_unsent, window().size());
}

void EchoConnection::close(EchoFlaws& flaws)
{
    m_verifier.end(flaws);
    forget();
}

void EchoConnection::forget()
{
    m_verifier.window().clear();
    m_unsent = 0;
    m_offset = 0;
    m_torn = false;
    m_link.close();
}

} // namespace sockit
