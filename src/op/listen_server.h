#pragma once

#include "loop/timers.h"
#include "op/audience.h"
#include "op/buffer.h"
#include "op/datagram_output.h"
#include "op/guest.h"
#include "op/listen_many.h"

#include <list>
#include <unordered_map>
#include <vector>

namespace sockit {

/// Any number of connections at once: each by a child of its own, or, without one, by passing on
/// what they all send.
class ListenServer {
public:
    ListenServer(OpLoop& loop, Acceptor& acceptor, const ListenPlan& plan, const ChildPlan& child,
                 const std::optional<TlsContext>& tls, const Emit& emit, ListenSummary& summary,
                 Destinations destinations)
        : m_loop(loop), m_plan(plan), m_child(child), m_tls(tls),
          m_emit([this, &emit](const Event& event) {
              m_output_open = emit(event) && m_output_open;
              return m_output_open;
          }),
          m_summary(summary), m_local(acceptor.local()), m_destinations(std::move(destinations)),
          m_door(loop.poller(), acceptor, listener_token, plan.listener.max_connections,
                 plan.listener.access, m_emit),
          m_audience(loop.poller(), plan, [this](Guest& guest) { moved(guest); }),
          m_messages(plan.payload, m_destinations, m_emit)
    {}

    ListenServer(const ListenServer&) = delete;
    ListenServer& operator=(const ListenServer&) = delete;

    /// Until the loop is stopped. Errors: those that end the whole server.
    Result<> run();

private:
    static constexpr std::uint64_t listener_token = 0;         // connections have their ids, from 1
    static constexpr std::uint64_t relay_tokens = 1ULL << 62U; // and from here on several each

    using Guests = std::list<Guest>;

    static std::uint64_t relay_token(std::uint64_t id)
    {
        return relay_tokens + id * ChildRelay::token_count;
    }

    Result<> serve();
    Result<> let_in();
    void welcome(Guests::iterator guest);
    Result<> settle(Guests::iterator guest);
    void turn_away(Guests::iterator guest, const Error& error);
    void leave(Guests::iterator guest, std::optional<Error> error);
    bool see_off();
    void moved(Guest& guest);
    Result<> attend(const Ready& ready);
    Result<> attend(Guests::iterator guest, const Ready& ready);
    void attend_relay(Guests::iterator guest, std::span<const Ready> ready);
    Result<> receive(Guests::iterator guest);
    void note_buffered(const Guest& guest);
    [[nodiscard]] bool may_read_buffered(std::uint64_t id) const;
    Result<> receive_buffered();
    Result<> receive_messages(Guests::iterator guest);
    Result<> hand_on(Guest& guest, std::span<const std::byte> bytes);
    Result<> watch_clocks();
    [[nodiscard]] Deadline next_deadline() const;
    void end_all();

    OpLoop& m_loop;
    const ListenPlan& m_plan;
    const ChildPlan& m_child;
    const std::optional<TlsContext>& m_tls;
    bool m_output_open = true; ///< as long as records can be told
    const Emit m_emit;
    ListenSummary& m_summary;
    Endpoint m_local;
    Destinations m_destinations;
    Admission m_door;
    Audience m_audience;
    Buffer m_buffer;                      ///< shared: nothing stays in it between two reads
    std::optional<DatagramInbox> m_inbox; ///< of seqpacket connections, whose messages
    DatagramOutput m_messages;            ///< go here
    Guests m_guests;                      ///< who moved longest ago first
    std::unordered_map<std::uint64_t, Guests::iterator> m_by_id;
    Timers m_receiving;                    ///< by when receptions must be done
    Timers m_relaying;                     ///< when relays to children have something to do
    std::vector<std::uint64_t> m_buffered; ///< who has bytes without being ready
    Clock::time_point m_lonely_since = Clock::now();
};

} // namespace sockit
