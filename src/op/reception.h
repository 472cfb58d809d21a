#pragma once

#include "event/event.h"
#include "op/channel.h"
#include "op/op_loop.h"
#include "op/socket_plan.h"

#include <optional>

namespace sockit {

/// What stands between accept() and serving one connection: the options of the accepted phase, and
/// the TLS handshake.
/// Nothing blocks: any number of them share one loop.
class Reception {
public:
    enum class Step : std::uint8_t { Done, WantRead, WantWrite };

    /// What it refers to outlives it. Without `tls` the connection is plain.
    Reception(Socket socket, const Endpoint& peer, const SocketPlan& plan,
              const std::optional<TlsContext>& tls, const Emit& emit);

    /// Goes as far as it can: call again when the socket is ready for what it wants. Errors are
    /// this connection's only.
    Result<Step> advance();
    /// By when it must be done.
    [[nodiscard]] Deadline deadline() const { return m_deadline; }
    /// It was not.
    [[nodiscard]] Error timed_out() const;
    /// Of the handshake, as far as it came.
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const;
    [[nodiscard]] const Endpoint& peer() const { return m_channel.peer(); }
    [[nodiscard]] FdRef ref() const { return m_channel.socket().ref(); }
    /// The connection, once done.
    [[nodiscard]] Channel take_channel() { return std::move(m_channel); }

private:
    Result<Step> shake_hands();

    Channel m_channel;
    const SocketPlan& m_plan;
    const std::optional<TlsContext>& m_tls;
    std::optional<TlsSession> m_session; ///< until its handshake is done
    bool m_options_set = false;
    const Emit& m_emit;
    Deadline m_deadline;
};

/// One reception in a loop of its own; nothing when the loop was stopped. Uses token 0 of the
/// loop's poller. ETIMEDOUT at its deadline.
Result<std::optional<Channel>> receive_guest(OpLoop& loop, Reception& reception);

} // namespace sockit
