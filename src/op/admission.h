#pragma once

#include "loop/poller.h"
#include "op/acceptor.h"

#include <optional>

namespace sockit {

/// The door of a server: accepts while there is room, pauses at a shortage of descriptors or memory
/// until somebody leaves or 100 ms have passed, and warns of that once. While paused the listener
/// is out of the poller, so that its readiness does not make us spin. Whom the rules do not admit
/// is closed at once with a warning, and takes no room.
class Admission {
public:
    /// Then those who are inside have their turn.
    static constexpr int accepts_in_a_row = 64;

    /// `token` is the listener's in the poller; `room`: how many may be inside at once. What
    /// it refers to outlives it.
    Admission(Poller& poller, Acceptor& acceptor, std::uint64_t token,
              std::optional<std::uint64_t> room, const AccessRules& rules, const Emit& emit);
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    ~Admission() { close(); }

    /// Lets the listener into the poller, or keeps it out, as things stand. Call before each wait.
    Result<> update();
    /// Whoever is next; it is for the caller to tell of it. Errors: the listener is broken.
    Result<std::optional<PeerAccepted>> next(Socket& socket);
    void left();
    /// While paused by a shortage: when to look again.
    [[nodiscard]] Deadline retry() const { return m_retry; }
    [[nodiscard]] std::uint64_t accepted() const { return m_accepted; }
    [[nodiscard]] std::uint64_t denied() const { return m_denied; }
    [[nodiscard]] std::uint64_t inside() const { return m_inside; }
    /// Takes the listener out of the poller and closes it.
    void close();

private:
    Result<std::optional<Accepted>> accept();
    void deny(const Accepted& accepted);

    Poller& m_poller;
    Acceptor& m_acceptor;
    std::uint64_t m_token;
    std::optional<std::uint64_t> m_room;
    const AccessRules& m_rules;
    const Emit& m_emit;
    Deadline m_retry;
    bool m_watched = false;
    bool m_warned = false;
    std::uint64_t m_accepted = 0;
    std::uint64_t m_denied = 0;
    std::uint64_t m_inside = 0;
};

} // namespace sockit
