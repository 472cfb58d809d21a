#pragma once

#include "loop/poller.h"
#include "sock/endpoint.h"
#include "sock/io.h"
#include "sock/socket.h"
#include "sock/tls_session.h"

#include <optional>
#include <span>
#include <string>

namespace sockit {

/// The byte stream of one connection, without blocking: what relays send and receive. The socket's
/// own bytes, or a TLS session over them.
class Channel {
public:
    Channel(Socket socket, const Endpoint& peer);
    /// A session whose handshake over that socket is done.
    Channel(Socket socket, const Endpoint& peer, TlsSession tls);

    [[nodiscard]] const Socket& socket() const { return m_socket; }
    [[nodiscard]] const Endpoint& peer() const { return m_peer; }
    /// Gives the socket away: the channel is of no use afterwards.
    [[nodiscard]] Socket take_socket() { return std::move(m_socket); }
    /// From here on the stream is that session's, whose handshake over the socket is done.
    void secure(TlsSession tls) { m_tls.emplace(std::move(tls)); }
    /// Of the session, if there is one.
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const;

    // Short transfers are normal; errors name the peer.
    [[nodiscard]] Result<Transfer> send(std::span<const std::byte> bytes);
    /// Of a plain one: pieces of memory as one, at most `most_gathered`.
    [[nodiscard]] Result<Transfer> send(std::span<const std::span<const std::byte>> pieces);
    [[nodiscard]] Result<Transfer> receive(std::span<std::byte> buffer);
    /// Nothing more will be sent: FIN after what was, with TLS close_notify before it. False: it
    /// would block; again when send() need not.
    [[nodiscard]] Result<bool> finish_sending();

    /// The socket's bytes are the stream's: the kernel may move them without us.
    [[nodiscard]] bool plain() const { return !m_tls; }
    /// receive() has bytes that the socket's readiness does not tell of.
    [[nodiscard]] bool buffered() const { return m_tls && m_tls->pending(); }
    /// What to wait for, where receive() or send() is wanted. With TLS either may wait for either.
    [[nodiscard]] Interest interest(bool receive, bool send) const;
    // Whether it is worth a try.
    [[nodiscard]] bool may_receive(const Ready& ready) const;
    [[nodiscard]] bool may_send(const Ready& ready) const;

private:
    Socket m_socket;
    Endpoint m_peer;
    std::string m_peer_text;
    std::optional<TlsSession> m_tls;
};

} // namespace sockit
