#pragma once

#include "event/event.h"
#include "op/channel.h"
#include "op/listen.h"
#include "op/op_loop.h"
#include "sock/proxy_header.h"

#include <optional>

namespace sockit {

/// What stands between accept() and serving one connection: the options of the accepted phase and,
/// where the plan wants them, a PROXY header, of which no byte behind it is taken, and the TLS
/// handshake. Tells of the guest as soon as it is known who it is. Nothing blocks: any number of
/// them share one loop.
class Reception {
public:
    enum class Step : std::uint8_t { Done, WantRead, WantWrite };

    /// What it refers to outlives it. Without `tls` the connection is plain.
    Reception(Socket socket, const PeerAccepted& guest, const ListenPlan& plan,
              const std::optional<TlsContext>& tls, const Emit& emit);

    /// Goes as far as it can: call again when the socket is ready for what it wants. Errors are
    /// this connection's only: EPROTO for no PROXY header, ECONNABORTED for half of one.
    Result<Step> advance();
    /// By when it must be done, and what it is if it is not.
    [[nodiscard]] Deadline deadline() const { return m_deadline; }
    [[nodiscard]] Error too_late() const;
    /// Of the handshake, as far as it came.
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const;
    /// Who it is: once done, whom its PROXY header names.
    [[nodiscard]] const PeerAccepted& guest() const { return m_guest; }
    /// Tells of the guest if that has not been done; for those that are not received.
    void tell();
    [[nodiscard]] FdRef ref() const { return m_channel.socket().ref(); }
    /// The connection, once done.
    [[nodiscard]] Channel take_channel() { return std::move(m_channel); }

private:
    Result<Step> read_header();
    Result<Step> shake_hands();

    Channel m_channel;
    PeerAccepted m_guest;
    const ListenPlan& m_plan;
    const std::optional<TlsContext>& m_tls;
    std::optional<TlsSession> m_session; ///< until its handshake is done
    const Emit& m_emit;
    Deadline m_deadline;
    bool m_options_set = false;
    bool m_told = false;
    ProxyHeaderParser m_header;
};

/// One reception in a loop of its own, which it leaves as it is at the end; nothing when the loop
/// was stopped. Uses token 0 of the loop's poller. ETIMEDOUT at its deadline.
Result<std::optional<Channel>> receive_guest(OpLoop& loop, Reception& reception);

} // namespace sockit
