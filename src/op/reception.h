#pragma once

#include "event/event.h"
#include "op/channel.h"
#include "op/listen.h"
#include "op/op_loop.h"
#include "sock/proxy_header.h"

#include <optional>

namespace sockit {

/// What stands between accept() and serving one connection: the options of the accepted phase and,
/// where the plan wants one, a PROXY header, of which no byte behind it is taken. Tells of the
/// guest as soon as it is known who it is. Nothing blocks: any number of them share one loop.
class Reception {
public:
    enum class Step : std::uint8_t { Done, WantRead, WantWrite };

    /// What it refers to outlives it.
    Reception(Socket socket, const PeerAccepted& guest, const ListenPlan& plan, const Emit& emit);

    /// Goes as far as it can: call again when the socket is ready for what it wants. Errors are
    /// this connection's only: EPROTO for no PROXY header, ECONNABORTED for half of one.
    Result<Step> advance();
    /// By when it must be done, and what it is if it is not.
    [[nodiscard]] Deadline deadline() const { return m_deadline; }
    [[nodiscard]] Error too_late() const;
    /// Who it is: once done, whom its PROXY header names.
    [[nodiscard]] const PeerAccepted& guest() const { return m_guest; }
    /// Tells of the guest if that has not been done; for those that are not received.
    void tell();
    [[nodiscard]] FdRef ref() const { return m_channel.socket().ref(); }
    /// The connection, once done.
    [[nodiscard]] Channel take_channel() { return std::move(m_channel); }

private:
    Result<Step> read_header();

    Channel m_channel;
    PeerAccepted m_guest;
    const ListenPlan& m_plan;
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
