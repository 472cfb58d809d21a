#pragma once

#include "op/probe_finding.h"
#include "op/socket_plan.h"
#include "sock/tcp_info.h"

#include <optional>

namespace sockit {

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
    /// of socket options. A valid `spare` is used where it will do.
    std::optional<Finding> start(Transport transport, const Endpoint& to, const SocketPlan& plan,
                                 Socket& spare, const Emit& emit);
    /// Looks again, after ref() got ready.
    std::optional<Finding> check();
    /// Our limit passed: what is known by now, or else ETIMEDOUT.
    Finding time_out();

    /// Whether the kernel still asks for the neighbour to send the first SYN to, and is about to
    /// give up: at most `neighbour_grace` later it will have said so.
    [[nodiscard]] bool awaits_neighbour() const;

    [[nodiscard]] const Socket& socket() const { return m_socket; }
    [[nodiscard]] FdRef ref() const { return m_socket.ref(); }
    /// The connection was reset before we looked, and the kernel tells of it only once.
    [[nodiscard]] const std::optional<Error>& ended() const { return m_ended; }
    /// Closes the socket, or leaves it in `spare` where it can connect again; `reset`: a connection
    /// that stands ends with RST.
    void close(Socket& spare, bool reset);

private:
    [[nodiscard]] bool is_tcp() const;
    std::optional<Finding> ask_again();
    void look();
    std::optional<Finding> conclude();
    Finding conclude_failed(Error error);
    [[nodiscard]] std::optional<Endpoint> source() const;
    [[nodiscard]] std::optional<Finding> overheard() const;
    Finding connected();
    [[nodiscard]] Finding failed(Error error, bool synchronous) const;
    void add_measurements(Finding& finding) const;

    Socket m_socket;
    Transport m_transport = Transport::Tcp;
    Endpoint m_to;
    std::optional<Endpoint> m_source; ///< once known; the kernel forgets it with the connection
    bool m_plain = false;             ///< a socket like any other: no options, no port of its own
    bool m_stands = false;            ///< connected
    bool m_reusable = false;          ///< it failed, and could connect anew
    Clock::time_point m_started;
    Duration m_elapsed{};                ///< from connect() to the last look
    std::optional<TcpInfoSummary> m_tcp; ///< as of the last look; TCP and MPTCP only
    std::optional<Error> m_ended;        ///< it was connected and reset before we looked
};

} // namespace sockit
