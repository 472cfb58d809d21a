#pragma once

#include "op/channel.h"
#include "op/echo_client.h"
#include "op/op_loop.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Where the connections of an echo client lead. Shared by all threads.
struct EchoRoute {
    Transport transport = Transport::Tcp;
    std::vector<Endpoint> endpoints; ///< not empty
    SocketPlan socket;
    std::optional<TlsContext> tls; ///< then each connection has a session
    std::string tls_name;
    bool reconnect = false; ///< source ports that are all in use will be free again
};

/// The route to the plan's target. No endpoints: the loop was stopped. Errors: the target cannot be
/// resolved, or what TLS needs cannot be loaded.
Result<EchoRoute> find_route(OpLoop& loop, const EchoClientPlan& plan);

/// One connection of an echo client: made without blocking, and the way for its bytes. It keeps
/// itself in the poller, under its token.
class EchoLink {
public:
    enum class Progress : std::uint8_t {
        Done,    ///< it stands: bytes may go
        Waiting, ///< proceed() when it is ready
        Short,   ///< of something that time will bring: open() again after Socket's pause
    };

    /// What it refers to outlives it.
    EchoLink(const EchoRoute& route, Poller& poller, std::uint64_t token)
        : m_route(&route), m_poller(&poller), m_token(token)
    {}

    /// Tries the endpoints in turn, beginning with the one that stood last time. `emit` hears what
    /// became of the socket options.
    Result<Progress> open(const Emit& emit);
    Result<Progress> proceed(const Ready& ready, const Emit& emit);
    /// What to say when no answer came in time.
    [[nodiscard]] Error timed_out() const;

    /// Of one that has not been closed.
    [[nodiscard]] const Socket& socket() const { return m_channel->socket(); }
    /// Not valid before open() and after close().
    [[nodiscard]] FdRef ref() const { return m_channel ? socket().ref() : FdRef{}; }
    [[nodiscard]] const Endpoint& peer() const { return m_route->endpoints[m_endpoint]; }
    /// Keeps the borders of what is sent.
    [[nodiscard]] bool is_datagram() const { return sockit::is_datagram(m_route->transport); }
    /// What is sent may get lost, and the peer may not be there.
    [[nodiscard]] bool is_connectionless() const
    {
        return is_datagram() && m_route->transport != Transport::UnixSeqpacket;
    }

    // Of a standing one. receive() always wakes.
    [[nodiscard]] Channel& channel() { return *m_channel; }
    /// Whether to be woken when send() need not block, too.
    Result<> want_to_send(bool wanted);
    /// Whether sending is wanted, and worth a try.
    [[nodiscard]] bool may_send(const Ready& ready) const;

    void close();

    /// Gives away what stands; the poller forgets it.
    [[nodiscard]] Channel release();

private:
    Result<Progress> connect(const Emit& emit);
    Result<Progress> connected(const Emit& emit);
    Result<Progress> shake_hands();
    Result<> watch(Interest interest);

    const EchoRoute* m_route;
    Poller* m_poller;
    std::uint64_t m_token;
    std::optional<Channel> m_channel;    ///< from open() to close()
    std::optional<TlsSession> m_session; ///< until its handshake is done
    std::optional<Interest> m_interest;  ///< in the poller
    std::size_t m_endpoint = 0;
    std::size_t m_tried = 0; ///< endpoints that failed since open()
    bool m_connecting = false;
    bool m_wants_to_send = false;
};

} // namespace sockit
