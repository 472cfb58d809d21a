#pragma once

#include "event/event.h"
#include "loop/poller.h"
#include "op/delivery.h"
#include "op/relay_receiver.h"
#include "op/relay_sender.h"
#include "op/watched.h"

#include <cstdint>
#include <optional>
#include <span>

namespace sockit {

/// How a relay went. Without error, and unless it was cut short, every byte read from the input was
/// acknowledged and every byte received was handed on.
struct RelayOutcome {
    Traffic traffic;
    std::optional<Clock::time_point> first_byte; ///< when the peer's first one arrived
    std::optional<Error> error;
};

/// Moves bytes between a connection and an input and a destination by the rules of Relay until both
/// halves are done and the peer's kernel has everything, or something fails. Level-triggered, and
/// nothing blocks: any number of them share one loop, which calls prepare(), waits, and calls
/// handle().
class RelaySession {
public:
    /// How many tokens of the poller one session uses.
    static constexpr std::uint64_t token_count = 3;

    /// What it refers to outlives it. `first_token` and the next are its own.
    RelaySession(Poller& poller, std::uint64_t first_token, Channel& channel, Stream input,
                 Destination& destination, const RelayPlan& plan, const Emit& emit);
    RelaySession(const RelaySession&) = delete;
    RelaySession& operator=(const RelaySession&) = delete;
    ~RelaySession() = default;

    /// Does what needs no waiting and puts into the poller what is waited for: until handle() at
    /// the latest at the deadline it returns.
    Deadline prepare();
    /// What has become ready (of others too), or nothing.
    void handle(std::span<const Ready> ready);
    [[nodiscard]] bool finished() const { return m_error || m_delivered; }
    /// The end, whether finished or cut short: leaves the poller and completes the destination.
    RelayOutcome settle();

private:
    void attend(const Ready& ready);
    void converse();
    void end_sending();
    void watch();
    void mind_clocks(bool input_news);
    void deliver();
    void tell_progress();
    void look_at_socket();
    void moved(bool something);
    [[nodiscard]] bool input_has_its_turn() const { return !m_dialogue || m_dialogue->over(); }
    [[nodiscard]] bool held_up() const;
    /// The connection is lost, but what has arrived is still there.
    [[nodiscard]] bool draining() const;

    Channel& m_channel;
    Destination& m_destination;
    const RelayPlan& m_plan;
    const Emit& m_emit;
    std::optional<Dialogue> m_dialogue;
    std::string_view m_to_say; ///< of the dialogue's last word
    Relay m_relay;
    RelaySender m_sender;
    RelayReceiver m_receiver;
    Deadline m_idle;
    std::optional<Deadline> m_linger;
    std::optional<Delivery> m_delivery;
    bool m_delivered = false;
    std::optional<Delivery> m_parting; ///< before the FIN, where that comes too late to count
    bool m_peer_has_all = false;       ///< all of the payload, and has ended itself
    bool m_socket_muted = false;       ///< it hangs up for good without an error: hear it no more
    std::uint64_t m_first_token;
    Watched m_watch_input;
    Watched m_watch_socket;
    Watched m_watch_output;
    Clock::time_point m_start = Clock::now();
    Deadline m_next_progress;
    std::optional<Error> m_error;
};

} // namespace sockit
