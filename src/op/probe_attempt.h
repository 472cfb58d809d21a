#pragma once

#include "event/probe.h"
#include "op/socket_plan.h"
#include "sock/tcp_info.h"

#include <optional>

namespace sockit {

/// How an attempt to connect to one address ended.
struct Finding {
    ProbeOutcome outcome = ProbeOutcome::LocalError;
    bool pressure = false; ///< is_pressure(): worth asking again
    std::optional<Endpoint> endpoint;
    std::optional<Error> error;
    bool sync = false;
    std::optional<Duration> connect;
    std::optional<Duration> kernel_rtt;
    std::optional<std::uint32_t> syn_retransmits;
    std::optional<Endpoint> source;
};

/// No answer to ARP or neighbour discovery is certain after three questions, one a second
/// (arp(7), mcast_solicit and retrans_time), and the kernel's timers come a little later than that.
constexpr Duration neighbour_patience = std::chrono::seconds(3);
constexpr Duration neighbour_grace = std::chrono::milliseconds(150);

/// A failure that happened before there was an address or a socket.
Finding found_without_socket(Error error);

/// One non-blocking connect to one address, and what the kernel tells of it. Each call that may end
/// the attempt returns its finding then, and nothing while it goes on.
class ProbeAttempt {
public:
    /// Still going on: watch ref() for writing. A unix listener whose backlog is full ends the
    /// attempt with EAGAIN: only another one will tell when there is room. `emit` hears what became
    /// of socket options.
    std::optional<Finding> start(Transport transport, const Endpoint& to, const SocketPlan& plan,
                                 const Emit& emit);
    /// Looks again, after ref() got ready.
    std::optional<Finding> check();
    /// After `open` was found: whether the peer has spoken (then `open` again) or ended the
    /// connection without a byte (Reset). Watch ref() for reading.
    std::optional<Finding> check_settled(const Finding& open);
    /// Our limit passed: what is known by now, or else ETIMEDOUT.
    Finding time_out();

    /// Whether the kernel still asks for the neighbour to send the first SYN to, and is about to
    /// give up: at most `neighbour_grace` later it will have said so.
    [[nodiscard]] bool awaits_neighbour() const;

    [[nodiscard]] FdRef ref() const { return m_socket.ref(); }
    [[nodiscard]] bool has_socket() const { return m_socket.valid(); }
    /// Whether the other end of this connection is `local`, a socket of our own.
    [[nodiscard]] bool leads_to(const Endpoint& local) const;
    [[nodiscard]] std::optional<Endpoint> source() const;
    void close() { m_socket.close(); }

private:
    [[nodiscard]] bool is_tcp() const;
    void look();
    std::optional<Finding> conclude();
    [[nodiscard]] std::optional<Finding> overheard() const;
    [[nodiscard]] Finding connected() const;
    [[nodiscard]] Finding failed(Error error, bool synchronous) const;
    void add_measurements(Finding& finding) const;

    Socket m_socket;
    Transport m_transport = Transport::Tcp;
    Endpoint m_to;
    Clock::time_point m_started;
    Duration m_elapsed{};                ///< from connect() to the last look
    std::optional<TcpInfoSummary> m_tcp; ///< as of the last look; TCP and MPTCP only
    std::optional<Error> m_ended;        ///< it was connected and reset before we looked
};

} // namespace sockit
