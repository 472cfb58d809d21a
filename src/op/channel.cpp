#include "op/channel.h"

namespace sockit {

Channel::Channel(Socket socket, const Endpoint& peer)
    : m_socket(std::move(socket)), m_peer(peer), m_peer_text(peer.text())
{}

Result<Transfer> Channel::send(std::span<const std::byte> bytes) const
{
    return send_some(m_socket.ref(), bytes, m_peer_text);
}

Result<Transfer> Channel::receive(std::span<std::byte> buffer) const
{
    return receive_some(m_socket.ref(), buffer, m_peer_text);
}

Result<> Channel::finish_sending() const
{
    auto shut = m_socket.shutdown_send();
    if (!shut) {
        Error error = shut.error();
        error.subject = m_peer_text;
        return Failure(std::move(error));
    }
    return shut;
}

} // namespace sockit
