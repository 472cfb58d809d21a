#pragma once

#include "loop/poller_thread.h"
#include "op/echo_datagram_worker.h"

#include <atomic>
#include <deque>
#include <optional>

namespace sockit {

/// The threads that answer datagrams beside the first one, each with a socket and a poller of its
/// own.
class EchoDatagramHelpers {
public:
    EchoDatagramHelpers(const EchoServerPlan& plan, EchoDatagramStory& story)
        : m_plan(plan), m_story(story)
    {}
    EchoDatagramHelpers(const EchoDatagramHelpers&) = delete;
    EchoDatagramHelpers& operator=(const EchoDatagramHelpers&) = delete;
    ~EchoDatagramHelpers() { stop(); }

    /// Binds sockets beside that of the first thread.
    Result<> open(const Acceptor& first);
    /// `first`, the poller of the first thread, finds `token` readable when one has ended by
    /// itself. Errors: out of descriptors or threads.
    Result<> start(Poller& first, std::uint64_t token);
    void stop();
    /// One of them ended by itself.
    [[nodiscard]] bool ended() const { return m_ended; }
    /// Why, after stop().
    [[nodiscard]] Result<> result() const;
    /// Adds what they did, after stop().
    void add_to(EchoServerSummary& summary) const;

private:
    struct Helper {
        Helper(const EchoServerPlan& plan, EchoDatagramStory& story, Socket own_socket,
               const Endpoint& bound, PollerThread own_thread)
            : socket(std::move(own_socket)), thread(std::move(own_thread)),
              worker(plan, story, socket, bound, thread.poller())
        {}

        Socket socket;
        PollerThread thread;
        EchoDatagramWorker worker;
        Result<> result;
    };

    Result<> work(Helper& helper);

    const EchoServerPlan& m_plan;
    EchoDatagramStory& m_story;
    std::optional<Wakeup> m_first; ///< of the first thread, if it has helpers
    std::deque<Helper> m_helpers;
    std::atomic<bool> m_stop = false;
    std::atomic<bool> m_ended = false;
};

} // namespace sockit
