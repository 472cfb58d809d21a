#pragma once

#include "event/event.h"
#include "loop/wakeup.h"
#include "op/admission.h"
#include "op/echo_server.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace sockit {

/// What the threads of a stream server have in common.
class EchoStreamsShared {
public:
    EchoStreamsShared(const EchoServerPlan& plan, const Emit& emit,
                      const std::optional<TlsContext>& tls);
    EchoStreamsShared(const EchoStreamsShared&) = delete;
    EchoStreamsShared& operator=(const EchoStreamsShared&) = delete;

    [[nodiscard]] const EchoServerPlan& plan() const { return m_plan; }
    [[nodiscard]] const std::optional<TlsContext>& tls() const { return m_tls; }
    /// From any thread, one after the other. False: the output can take no more, and the run is
    /// over.
    bool tell(const Event& event);
    /// tell(), for those who want an Emit.
    [[nodiscard]] const Emit& emit() const { return m_told; }
    Room& room() { return m_room; }

    /// Ends the wait of a thread with each wake(). Before there is a second thread.
    void add_thread(const Wakeup& wakeup) { m_wakeups.push_back(&wakeup); }
    void wake() const;
    /// The run is over, from any thread.
    void stop();
    [[nodiscard]] bool stopped() const { return m_stop; }

private:
    const EchoServerPlan& m_plan;
    const Emit& m_emit;
    const Emit m_told = [this](const Event& event) { return tell(event); };
    const std::optional<TlsContext>& m_tls;
    Room m_room;
    std::mutex m_telling;
    std::vector<const Wakeup*> m_wakeups;
    std::atomic<bool> m_stop = false;
};

/// The connections of one thread of a stream server, from accept() to the end. The loop is the
/// caller's.
class EchoStreams {
public:
    /// Tokens of the poller from here on are not those of connections.
    static constexpr std::uint64_t wake_token = ~0ULL - 2;

    EchoStreams(EchoStreamsShared& shared, Poller& poller, Acceptor& acceptor);
    EchoStreams(const EchoStreams&) = delete;
    EchoStreams& operator=(const EchoStreams&) = delete;
    virtual ~EchoStreams() = default;

    /// Before each wait.
    Result<> prepare();
    /// By when to look again although nothing is ready.
    [[nodiscard]] Deadline next() const { return sooner(m_door.retry(), next_timer()); }
    /// What the wait found, and what is due. Errors are the listener's or the poller's.
    virtual Result<> handle(std::span<const Ready> ready) = 0;
    /// Closes the listener and gives the counts, those of open connections included.
    EchoServerSummary finish();

protected:
    static constexpr std::uint64_t listener_token = ~0ULL - 1; // the last one is the loop's own

    /// What is counted and told of a connection at its end.
    struct Ended {
        std::uint64_t id = 0;
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        Clock::time_point since;
        bool by_peer = true;
        std::optional<Error> error;
    };

    Result<> accept_some();
    /// The room it had is free, after its socket is closed.
    void note_end(Ended end);
    [[nodiscard]] bool nobody_inside() const { return m_inside == 0; }
    EchoStreamsShared& shared() { return m_shared; }
    Poller& poller() { return m_poller; }
    EchoServerSummary& summary() { return m_summary; }

    virtual void begin(Admission::Entrant entrant) = 0;
    [[nodiscard]] virtual Deadline next_timer() const { return {}; }
    /// Adds the bytes of open connections.
    virtual void count_open() = 0;

private:
    Result<> set_options(const Socket& socket, bool first);

    EchoStreamsShared& m_shared;
    Poller& m_poller;
    Admission m_door;
    std::uint64_t m_inside = 0; ///< of this thread
    EchoServerSummary m_summary;
};

/// Bytes there and back (EchoPeers), or, where the plan wants more than that, EchoSessions.
std::unique_ptr<EchoStreams> make_echo_streams(EchoStreamsShared& shared, Poller& poller,
                                               Acceptor& acceptor);

} // namespace sockit
