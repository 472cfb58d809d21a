#pragma once

#include "op/admission.h"
#include "op/channel.h"
#include "op/echo_server.h"
#include "op/echo_sockperf.h"
#include "op/echo_stream_pieces.h"
#include "op/pace.h"
#include "sock/datagram_io.h"

namespace sockit {

/// What all sessions of a thread have in common.
struct EchoSessionTerms {
    EchoSessionTerms(const EchoServerPlan& server_plan, const std::optional<TlsContext>& context);

    const EchoServerPlan& plan;
    const std::optional<TlsContext>& tls;
    std::vector<EchoEnd> ends;
    PacePlan sending;
    PacePlan receiving;
    std::vector<std::byte> buffer;      ///< nothing stays in it between two of them
    std::optional<DatagramInbox> inbox; ///< in its place, where messages have borders
};

/// One connection of the echo server that wants more than its bytes back as they come: TLS, the
/// borders of messages, another mode, or faults. Nothing blocks, and no more of what came is kept
/// than EchoPieces says.
class EchoSession {
public:
    /// What it refers to outlives it.
    EchoSession(EchoSessionTerms& terms, Admission::Entrant entrant, EchoPieces::Fired fired);

    /// Receives and sends what can be at that time. False: it is over. The error names the peer.
    Result<bool> advance(Clock::time_point now);
    /// What to wait for until next(); nothing: not for the socket.
    [[nodiscard]] std::optional<Interest> interest(Clock::time_point now) const;
    [[nodiscard]] Deadline next(Clock::time_point now) const;

    [[nodiscard]] FdRef ref() const { return m_channel.socket().ref(); }
    [[nodiscard]] Clock::time_point since() const { return m_since; }
    [[nodiscard]] std::uint64_t messages() const { return m_messages; }
    [[nodiscard]] std::uint64_t received() const { return m_received; }
    [[nodiscard]] std::uint64_t sent() const { return m_sent; }
    /// Whose end came first.
    [[nodiscard]] bool ended_by_peer() const { return !m_ended_first; }

private:
    Result<bool> shake_hands();
    Result<> receive(Clock::time_point now);
    Result<> came(std::span<const std::byte> bytes, Clock::time_point now);
    Result<> answer(std::span<const std::byte> bytes, Clock::time_point now);
    void generate(Clock::time_point now);
    void put(std::span<const std::byte> bytes, std::uint64_t offset, Clock::time_point now);
    void reach(const EchoEnd& end);
    Result<> send(Clock::time_point now);
    Result<bool> finish();
    bool bid_farewell();
    Result<bool> leave(Clock::time_point now);
    Result<> discard_unread();
    [[nodiscard]] bool wants_bytes() const;
    [[nodiscard]] bool generates() const;

    EchoSessionTerms& m_terms;
    Clock::time_point m_since;
    Channel m_channel;
    std::optional<TlsSession> m_handshake; ///< until it is done
    Deadline m_handshake_limit;
    Interest m_handshake_wants{.read = true};
    EchoPieces m_pieces;
    EchoPieces::Fired m_fired;
    Pace m_sending;
    Pace m_receiving;
    std::size_t m_next_end = 0;            ///< of the terms'
    std::optional<EchoFaultKind> m_ending; ///< once all that is to be sent is sent
    bool m_messages_whole;
    bool m_muted = false;       ///< an end was reached: no more is echoed
    bool m_peer_ended = false;  ///< its FIN came
    bool m_fin_sent = false;    ///< ours
    bool m_ended_first = false; ///< ours was first
    bool m_blocked = false;     ///< the socket takes no more for now
    Deadline m_delivery_check;  ///< while the peer is to get what was sent before the end
    Duration m_delivery_pause{};
    std::uint64_t m_messages = 0;
    std::uint64_t m_received = 0;
    std::uint64_t m_sent = 0;
    std::uint64_t m_generated = 0; ///< bytes that are no echo
    SockperfStream m_sockperf;
};

} // namespace sockit
