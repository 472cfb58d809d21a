#pragma once

#include "sock/endpoint.h"
#include "sock/io.h"
#include "sock/socket.h"

#include <span>
#include <string>

namespace sockit {

/// The byte stream of one connection, without blocking: what relays send and receive.
class Channel {
public:
    Channel(Socket socket, const Endpoint& peer);

    [[nodiscard]] const Socket& socket() const { return m_socket; }
    [[nodiscard]] const Endpoint& peer() const { return m_peer; }
    /// Gives the socket away: the channel is of no use afterwards.
    [[nodiscard]] Socket take_socket() { return std::move(m_socket); }

    // Short transfers are normal; errors name the peer.
    [[nodiscard]] Result<Transfer> send(std::span<const std::byte> bytes) const;
    [[nodiscard]] Result<Transfer> receive(std::span<std::byte> buffer) const;
    /// Nothing more will be sent: FIN after what was.
    [[nodiscard]] Result<> finish_sending() const;

    /// The socket's bytes are the stream's: the kernel may move them without us.
    [[nodiscard]] static bool plain() { return true; }
    /// receive() has bytes that the socket's readiness does not tell of.
    [[nodiscard]] static bool buffered() { return false; }

private:
    Socket m_socket;
    Endpoint m_peer;
    std::string m_peer_text;
};

} // namespace sockit
