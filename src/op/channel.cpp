#include "op/channel.h"

namespace sockit {

Channel::Channel(Socket socket, const Endpoint& peer)
    : m_socket(std::move(socket)), m_peer(peer), m_peer_text(peer.text())
{}

Channel::Channel(Socket socket, const Endpoint& peer, TlsSession tls)
    : Channel(std::move(socket), peer)
{
    secure(std::move(tls));
}

std::optional<TlsFacts> Channel::tls_facts() const
{
    return m_tls ? std::optional(m_tls->facts()) : std::nullopt;
}

Result<Transfer> Channel::send(std::span<const std::byte> bytes)
{
    return m_tls ? m_tls->write(bytes) : send_some(m_socket.ref(), bytes, m_peer_text);
}

Result<Transfer> Channel::send(std::span<const std::span<const std::byte>> pieces)
{
    return send_gathered(m_socket.ref(), pieces, m_peer_text);
}

Result<Transfer> Channel::receive(std::span<std::byte> buffer)
{
    return m_tls ? m_tls->read(buffer) : receive_some(m_socket.ref(), buffer, m_peer_text);
}

Result<bool> Channel::finish_sending()
{
    if (m_tls && TRY(m_tls->finish()) != TlsStep::Done)
        return false;
    if (auto shut = m_socket.shutdown_send(); !shut) {
        Error error = shut.error();
        error.subject = m_peer_text;
        return Failure(std::move(error));
    }
    if (m_tls)
        m_tls->fin_sent();
    return true;
}

Interest Channel::interest(bool receive, bool send) const
{
    if (!m_tls)
        return {.read = receive, .write = send};
    const auto waits = [&](TlsStep what) {
        return (receive && m_tls->read_waits_for() == what) ||
               (send && m_tls->write_waits_for() == what);
    };
    return {.read = waits(TlsStep::WantRead), .write = waits(TlsStep::WantWrite)};
}

bool Channel::may_receive(const Ready& ready) const
{
    const bool across = m_tls && m_tls->read_waits_for() == TlsStep::WantWrite;
    return ready.readable || ready.hangup || ready.error || (across && ready.writable);
}

bool Channel::may_send(const Ready& ready) const
{
    const bool across = m_tls && m_tls->write_waits_for() == TlsStep::WantRead;
    return ready.writable || ready.hangup || ready.error || (across && ready.readable);
}

} // namespace sockit
