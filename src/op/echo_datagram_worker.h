#pragma once

#include "op/datagram_peers.h"
#include "op/echo_datagram_backlog.h"
#include "op/echo_datagram_faults.h"
#include "op/echo_datagram_story.h"
#include "op/echo_server.h"
#include "op/pace.h"
#include "op/watched.h"
#include "sock/datagram_io.h"

#include <vector>

namespace sockit {

/// Answers the datagrams of one socket, on one thread.
class EchoDatagramWorker {
public:
    /// In the poller.
    static constexpr std::uint64_t token = 0;

    /// `bound` is the socket's own address. What it refers to outlives it.
    EchoDatagramWorker(const EchoServerPlan& plan, EchoDatagramStory& story, const Socket& socket,
                       const Endpoint& bound, Poller& poller);
    EchoDatagramWorker(const EchoDatagramWorker&) = delete;
    EchoDatagramWorker& operator=(const EchoDatagramWorker&) = delete;
    ~EchoDatagramWorker() = default;

    // One round: watch(), wait until next_wake(), handle() the token if it is ready, expire().
    Result<> watch();
    [[nodiscard]] Deadline next_wake() const;
    /// Errors: the socket is broken.
    Result<> handle();
    void expire();

    /// Adds what it did.
    void add_to(EchoServerSummary& summary) const;

private:
    Result<> receive();
    void make_room();
    void take(const ReceivedDatagram& datagram);
    DatagramPeer& peer_of(const ReceivedDatagram& datagram);
    bool answerable(const ReceivedDatagram& datagram);
    bool is_loop(const ReceivedDatagram& datagram);
    std::optional<std::span<std::byte>> answer_to(const ReceivedDatagram& datagram);
    void echo(const DatagramPeer& peer, const ReceivedDatagram& datagram,
              std::span<const std::byte> bytes, Clock::time_point due);
    void flush();
    [[nodiscard]] bool crowded() const { return m_unix && send_buffer_full(m_socket); }
    void put_back();
    EchoDatagramBacklog::Sent send_late(const EchoDatagramBacklog::Echo& echo);
    void note_sent(std::size_t size, const Endpoint& to);
    void note_failure(const Error& error, const Endpoint& to);
    void forget_failed();
    void leave(const Endpoint& address, std::optional<Error> error);
    [[nodiscard]] Endpoint local_of(const Endpoint& asked) const;

    const EchoServerPlan& m_plan;
    EchoDatagramStory& m_story;
    const Socket& m_socket;
    Endpoint m_bound;
    std::string m_bound_text;
    bool m_unix;
    bool m_faulty;
    std::size_t m_most_peers;
    Watched m_watch;
    Pace m_reading;
    DatagramInbox m_inbox;
    Clock::time_point m_now; ///< when that was filled
    DatagramPeers m_peers;
    EchoDatagramBacklog m_backlog;
    EchoDatagramFaults m_faults;
    const EchoDatagramFaults::Echo m_echo; ///< of those
    std::vector<RoutedDatagram> m_answers; ///< of the inbox's datagrams
    std::size_t m_answered = 0;            ///< of m_answers, those that are sent
    Deadline m_pause;                      ///< do not send before
    Deadline m_rest;                       ///< do not receive before
    bool m_crowded = false;                ///< what waits has no room: take no more
    std::vector<std::byte> m_lines;        ///< room for an answer to each datagram of the inbox
    std::uint64_t m_generated = 0;         ///< datagrams of characters
    std::vector<std::pair<Endpoint, Error>> m_failed; ///< peers that cannot be sent to
    EchoServerSummary m_count;
};

} // namespace sockit
