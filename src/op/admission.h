#pragma once

#include "loop/poller.h"
#include "op/acceptor.h"

#include <atomic>
#include <functional>
#include <optional>

namespace sockit {

/// What a server has room for, through one door or through those of several threads.
class Room {
public:
    /// `most` inside at once; none: any number.
    explicit Room(std::optional<std::uint64_t> most) : m_most(most) {}

    /// A place is taken, unless all are.
    bool enter();
    void leave();
    [[nodiscard]] bool full() const { return m_most && m_inside >= *m_most; }
    /// Numbers count from 1, whatever the door.
    std::uint64_t next_number() { return ++m_accepted; }
    /// Called, by whichever thread it is, when a place is free where none was.
    void on_place(std::function<void()> call) { m_on_place = std::move(call); }
    /// True once.
    bool first_shortage() { return !m_short.exchange(true); }

    [[nodiscard]] std::uint64_t inside() const { return m_inside; }
    [[nodiscard]] std::uint64_t accepted() const { return m_accepted; }

private:
    std::optional<std::uint64_t> m_most;
    std::function<void()> m_on_place;
    std::atomic<std::uint64_t> m_inside = 0;
    std::atomic<std::uint64_t> m_accepted = 0;
    std::atomic<bool> m_short = false;
};

/// The door of a server: accepts while there is room, pauses at a shortage of descriptors or memory
/// until somebody leaves or 100 ms have passed, and warns of that once. While paused the listener
/// is out of the poller, so that its readiness does not make us spin. Whom the rules do not admit
/// is closed at once with a warning, and takes no room.
class Admission {
public:
    /// Then those who are inside have their turn.
    static constexpr int accepts_in_a_row = 64;

    /// Somebody who was let in.
    struct Entrant {
        Socket socket;
        Endpoint peer;
        std::uint64_t id = 0;
    };

    /// `token` is the listener's in the poller; `room`: how many may be inside at once. What
    /// it refers to outlives it.
    Admission(Poller& poller, Acceptor& acceptor, std::uint64_t token,
              std::optional<std::uint64_t> room, const AccessRules& rules, const Emit& emit);
    /// With room that others may share.
    Admission(Poller& poller, Acceptor& acceptor, std::uint64_t token, Room& room,
              const AccessRules& rules, const Emit& emit);
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    ~Admission() { close(); }

    /// Leaves connections waiting for so long after the first of them came.
    void wait_before_accepting(Duration delay) { m_delay = delay; }
    /// Lets the listener into the poller, or keeps it out, as things stand. Call before each wait.
    Result<> update();
    /// Whoever is next. Errors: the listener is broken.
    Result<std::optional<Entrant>> take();
    /// What is to be told of them.
    [[nodiscard]] PeerAccepted introduce(const Entrant& entrant) const;
    /// Both; it is for the caller to tell of it.
    Result<std::optional<PeerAccepted>> next(Socket& socket);
    void left();
    /// While the listener is out of the poller for a time: when to look again.
    [[nodiscard]] Deadline retry() const;
    [[nodiscard]] std::uint64_t accepted() const { return m_room.accepted(); }
    [[nodiscard]] std::uint64_t denied() const { return m_denied; }
    [[nodiscard]] std::uint64_t inside() const { return m_room.inside(); }
    /// Takes the listener out of the poller and closes it.
    void close();

private:
    Result<std::optional<Accepted>> accept();
    void deny(const Accepted& accepted);
    bool delayed();

    Poller& m_poller;
    Acceptor& m_acceptor;
    std::uint64_t m_token;
    std::optional<Room> m_own_room;
    Room& m_room;
    const AccessRules& m_rules;
    const Emit& m_emit;
    Duration m_delay{};
    Deadline m_due; ///< of those who wait for the delay to pass
    Deadline m_retry;
    bool m_watched = false;
    std::uint64_t m_denied = 0;
};

} // namespace sockit
