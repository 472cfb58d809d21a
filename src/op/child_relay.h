#pragma once

#include "event/traffic.h"
#include "op/buffer.h"
#include "op/channel.h"
#include "op/child.h"
#include "op/delivery.h"
#include "op/watched.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace sockit {

/// A child that cannot have the connection itself, since its bytes are not the socket's (TLS): it
/// has one end of a socket pair, and what goes through is passed on. The ends are passed on as
/// well: the peer's becomes the child's, and the connection ends with the child. Nothing blocks:
/// any number of them share one loop, which calls prepare(), waits, and calls handle().
class ChildRelay {
public:
    /// How many tokens of the poller one uses.
    static constexpr std::uint64_t token_count = 3;

    /// Starts the child, which is told of `local` and `peer`. `first_token` and the next are its
    /// own. Errors: those of Child::start().
    static Result<std::unique_ptr<ChildRelay>> start(Poller& poller, std::uint64_t first_token,
                                                     const ChildPlan& plan, Channel channel,
                                                     const Endpoint& local, const Endpoint& peer);

    ChildRelay(const ChildRelay&) = delete;
    ChildRelay& operator=(const ChildRelay&) = delete;
    ~ChildRelay() = default;

    /// Does what needs no waiting and puts into the poller what is waited for: until handle() at
    /// the latest at the deadline it returns.
    Deadline prepare();
    /// What has become ready (of others too), or nothing.
    void handle(std::span<const Ready> ready);
    /// The child has ended, and the peer's kernel has what it said or will never have it.
    [[nodiscard]] bool finished() const { return m_status && (m_delivered || m_lost); }

    /// The child's exit status, once it has ended.
    [[nodiscard]] std::optional<int> status() const { return m_status; }
    /// What went wrong with the connection: bytes are missing at one end or the other.
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }
    [[nodiscard]] Traffic traffic() const;
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const { return m_channel.tls_facts(); }
    /// The child, unless it has ended, for Child::end_all().
    [[nodiscard]] std::optional<Child> take_child();

private:
    ChildRelay(Poller& poller, std::uint64_t first_token, Child child, Socket ours,
               Channel channel);
    void reap();
    void read_child();
    void send();
    void finish_sending();
    void part();
    void receive();
    void write_child();
    void lose(const Error& error);
    void close_first(Side side);
    Deadline watch();

    std::optional<Child> m_child;
    Socket m_ours; ///< our end of the pair
    Channel m_channel;
    Buffer m_up;   ///< from the child
    Buffer m_down; ///< to the child
    std::optional<int> m_status;
    bool m_child_silent = false; ///< it will say nothing more
    bool m_child_deaf = false;   ///< it hears nothing more: what comes is dropped
    bool m_peer_done = false;    ///< its end came
    bool m_child_told = false;   ///< of the peer's end
    bool m_fin_sent = false;
    bool m_lost = false;
    bool m_delivered = false;
    std::optional<Delivery> m_parting; ///< before the FIN, where that comes too late to count
    std::uint64_t m_sent = 0;
    std::uint64_t m_received = 0;
    std::optional<Side> m_closed_first;
    std::optional<Delivery> m_delivery;
    std::optional<Error> m_error;
    std::uint64_t m_first_token;
    Watched m_watch_child;
    Watched m_watch_ours;
    Watched m_watch_peer;
};

/// One ChildRelay in a loop of its own, to its end; where the loop was stopped, the child was ended
/// by Child::end_all(). Uses tokens from 0.
Result<> run_child_relay(OpLoop& loop, ChildRelay& relay);

} // namespace sockit
