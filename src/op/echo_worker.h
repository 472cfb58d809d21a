#pragma once

#include "op/echo_client.h"
#include "op/echo_connection.h"
#include "op/echo_intervals.h"
#include "op/echo_report.h"
#include "op/echo_schedule.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace sockit {

/// What the threads of an echo client's load share.
struct EchoShared {
    EchoShared(const EchoClientPlan& asked, EchoRoute way)
        : plan(asked), load(*asked.load), route(std::move(way)),
          script(load.seed, load.sizes, static_cast<std::uint32_t>(load.connections)),
          settling(load.threads), intervals(load.threads)
    {}

    const EchoClientPlan& plan;
    const EchoLoad& load;
    EchoRoute route;
    EchoScript script;
    std::atomic<std::uint64_t> claimed = 0; ///< messages begun, warm-up apart
    std::atomic<std::size_t> settling;      ///< threads that still connect
    std::atomic<Clock::rep> begun = 0;      ///< when the first message may go; 0: not yet
    EchoIntervals intervals;
    /// By the thread that is the last to have its connections, with one of them, if it has any:
    /// sets `begun` and wakes the others.
    std::function<void(const Socket*)> all_stand;
};

/// The part of an echo client's load that one thread has: every so-manieth connection. When all
/// connections of all threads stand, messages go. Its loop waits until next_wake(), hands over what
/// is ready, and calls tick().
class EchoWorker {
public:
    /// Tokens of its connections are below.
    static constexpr std::uint64_t token_end = 1ULL << 32U;

    /// What it refers to outlives it. `emit` hears what became of the socket options.
    EchoWorker(EchoShared& shared, Poller& poller, std::size_t thread, const Emit& emit);
    EchoWorker(const EchoWorker&) = delete;
    EchoWorker& operator=(const EchoWorker&) = delete;

    void start(Clock::time_point now);
    void handle(const Ready& ready);
    void tick(Clock::time_point now);
    [[nodiscard]] Deadline next_wake() const;
    /// Nothing is left to do.
    [[nodiscard]] bool done() const { return m_left == 0 && m_begun; }
    /// Messages count.
    [[nodiscard]] bool measuring() const { return m_measuring; }
    /// By the same thread, at the end, or when the run is stopped.
    void finish();
    /// After finish().
    [[nodiscard]] EchoReport take_report() { return std::move(m_report); }
    /// One that stands, if there is any.
    [[nodiscard]] const Socket* any_socket() const;

private:
    using State = EchoConnection::State;

    // Connecting.
    void open_some(Clock::time_point now);
    void open(EchoConnection& connection, Clock::time_point now);
    void progress(EchoConnection& connection, const Result<EchoLink::Progress>& progress,
                  Clock::time_point now);
    void stands(EchoConnection& connection, Clock::time_point now);
    void connect_failed(EchoConnection& connection, const Error& error);
    void settle();
    void begin(Clock::time_point at);

    // Messages.
    void next(EchoConnection& connection, Clock::time_point now);
    std::optional<Clock::time_point> claim(EchoConnection& connection, Clock::time_point now);
    void flush(EchoConnection& connection, Clock::time_point now);
    void receive(EchoConnection& connection);
    bool take(EchoConnection& connection, std::span<const std::byte> bytes);
    void add_answer(const EchoSent& sent, Clock::time_point now);

    // Ends.
    void retire(EchoConnection& connection, Clock::time_point now);
    void broken(EchoConnection& connection, Error error);
    void ended(EchoConnection& connection);
    void leave(EchoConnection& connection);
    void close(EchoConnection& connection);

    // What time brings.
    void keep_schedule(Clock::time_point now);
    void finish_all(Clock::time_point now);
    void sweep(Clock::time_point now);
    void sweep(EchoConnection& connection, Clock::time_point now);
    void tell_interval(Clock::time_point now);
    [[nodiscard]] Clock::time_point turn_time() const;

    [[nodiscard]] std::uint64_t token_of(const EchoConnection& connection) const
    {
        return static_cast<std::uint64_t>(&connection - m_connections.data());
    }

    EchoShared& m_shared;
    const EchoLoad& m_load;
    std::size_t m_thread;
    const Emit& m_emit;
    const Emit m_silent = [](const Event&) { return true; };
    EchoReport m_report;
    std::vector<std::byte> m_buffer; ///< of what is sent and of what comes, in turn
    std::vector<EchoConnection> m_connections;
    std::size_t m_left;           ///< of them, not closed for good
    std::size_t m_connecting = 0; ///< of them, waiting for an answer
    std::size_t m_unsettled = 0;  ///< of them, to connect before messages go
    std::deque<std::size_t> m_to_open;
    Clock::time_point m_open_at; ///< not earlier
    bool m_begun = false;
    bool m_measuring = false;
    Clock::time_point m_measure_from = Clock::time_point::max();
    Clock::time_point m_stop_at = Clock::time_point::max();
    std::optional<EchoSchedule> m_schedule;
    std::size_t m_turn = 0;    ///< whose turn it is
    std::uint64_t m_round = 0; ///< how often all have had theirs
    Duration m_sweep_period;
    Clock::time_point m_sweep_at;
    std::size_t m_sampled = 0;
    Clock::time_point m_interval_from;
};

} // namespace sockit
