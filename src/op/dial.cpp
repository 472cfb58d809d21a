#include "op/dial.h"

#include "op/nodelay.h"
#include "op/resolve_in_loop.h"
#include "sock/errqueue.h"

#include <cerrno>
#include <utility>

namespace sockit {

namespace {

class Dialling {
public:
    Dialling(OpLoop& loop, const Target& target, const SocketPlan& plan, const Deadline& deadline,
             const Emit& emit)
        : m_loop(loop), m_target(target), m_plan(plan), m_deadline(deadline), m_emit(emit)
    {}

    Result<Dialled> run(std::size_t count);

private:
    enum class State : std::uint8_t { Connecting, BacklogFull, Settled };

    struct Attempt {
        Socket socket;
        State state = State::Settled;
        std::size_t next = 0; ///< the endpoint to try after this one
    };

    void start(std::size_t index);
    void try_next(std::size_t index);
    void conclude(const Ready& ready);
    void fail(std::size_t index, Error error);
    void succeed(std::size_t index);
    void retry_full_backlogs();
    void give_up();
    /// What one socket has to tell of its options holds for all.
    [[nodiscard]] const Emit& emit_for(std::size_t index) const
    {
        return index == 0 ? m_emit : m_silent;
    }
    [[nodiscard]] const Endpoint& endpoint_of(const Attempt& attempt) const
    {
        return m_endpoints[attempt.next - 1];
    }

    OpLoop& m_loop;
    const Target& m_target;
    const SocketPlan& m_plan;
    const Deadline& m_deadline;
    const Emit& m_emit;
    const Emit m_silent = [](const Event&) { return true; };
    std::vector<Endpoint> m_endpoints;
    std::vector<Attempt> m_attempts;
    std::size_t m_pending = 0;
    std::size_t m_waiting = 0; ///< of those, for room in a backlog
    Dialled m_dialled;
};

Result<Dialled> Dialling::run(std::size_t count)
{
    m_endpoints = TRY(resolve_in_loop(m_loop, m_target, m_plan.family, m_deadline));
    m_attempts.resize(m_endpoints.empty() ? 0 : count);
    for (std::size_t i = 0; i < m_attempts.size(); ++i)
        start(i);
    while (m_pending > 0 && !m_loop.stopped()) {
        const auto pause = m_waiting > 0 ? Deadline::after(Socket::full_backlog_pause) : Deadline();
        const auto ready = TRY(m_loop.wait(sooner(m_deadline, pause)));
        for (const auto& one : ready)
            if (one.token < m_attempts.size())
                conclude(one);
        retry_full_backlogs();
        if (m_deadline.passed())
            give_up();
    }
    for (const auto& attempt : m_attempts)
        if (attempt.state == State::Connecting)
            m_loop.poller().remove(attempt.socket.ref());
    return std::move(m_dialled);
}

void Dialling::start(std::size_t index)
{
    ++m_pending;
    try_next(index);
}

/// Tries the endpoints that are left until one is connected, on its way, or waited for.
void Dialling::try_next(std::size_t index)
{
    Attempt& attempt = m_attempts[index];
    const Endpoint& to = m_endpoints[attempt.next++];
    auto socket = open_client_socket(m_target.transport, to, m_plan, emit_for(index));
    if (!socket)
        return fail(index, std::move(socket).error());
    attempt.socket = *std::move(socket);
    const auto progress = attempt.socket.connect(to);
    if (!progress) {
        if (progress.error().code != EAGAIN || to.family() != AF_UNIX)
            return fail(index, progress.error());
        attempt.state = State::BacklogFull;
        ++m_waiting;
        return;
    }
    if (*progress == ConnectProgress::Connected)
        return succeed(index);
    attempt.state = State::Connecting;
    if (const auto added = m_loop.poller().add(attempt.socket.ref(), index, {.write = true});
        !added)
        fail(index, added.error());
}

void Dialling::conclude(const Ready& ready)
{
    const auto index = static_cast<std::size_t>(ready.token);
    Attempt& attempt = m_attempts[index];
    const Endpoint& to = endpoint_of(attempt);
    if (const auto outcome = attempt.socket.pending_error(to); !outcome) {
        Error error = outcome.error();
        error.icmp = take_icmp_error(attempt.socket.ref());
        m_loop.poller().remove(attempt.socket.ref());
        return fail(index, std::move(error));
    }
    if (!ready.writable && !ready.hangup) {
        take_icmp_error(attempt.socket.ref()); // a hint, not the end; unread it stays ready
        return;
    }
    m_loop.poller().remove(attempt.socket.ref());
    const auto local = attempt.socket.local();
    if (local && *local == to) {
        // tcp(7) allows a simultaneous open with oneself when the source port happens to match.
        Error error = Error::from_errno(Phase::Connect, "connect", to.text(), ECONNREFUSED);
        error.detail = "nobody listens there: it connected to itself";
        return fail(index, std::move(error));
    }
    succeed(index);
}

void Dialling::fail(std::size_t index, Error error)
{
    Attempt& attempt = m_attempts[index];
    attempt.socket.close();
    // Another address would not cure a shortage of our own.
    if (attempt.next < m_endpoints.size() && !is_shortage(error))
        return try_next(index);
    attempt.state = State::Settled;
    --m_pending;
    m_dialled.failures.push_back(std::move(error));
}

void Dialling::succeed(std::size_t index)
{
    Attempt& attempt = m_attempts[index];
    attempt.state = State::Settled;
    --m_pending;
    set_nodelay(attempt.socket, m_plan);
    if (const auto applied =
            apply_options(attempt.socket, m_plan, SockoptPhase::Connected, emit_for(index));
        !applied) {
        m_dialled.failures.push_back(applied.error());
        return;
    }
    m_dialled.connections.push_back({std::move(attempt.socket), endpoint_of(attempt)});
}

void Dialling::retry_full_backlogs()
{
    if (m_waiting == 0)
        return;
    for (std::size_t i = 0; i < m_attempts.size(); ++i) {
        if (m_attempts[i].state != State::BacklogFull)
            continue;
        m_attempts[i].state = State::Connecting;
        --m_attempts[i].next;
        try_next(i);
        if (m_attempts[i].state == State::BacklogFull)
            break; // so it is for the others
    }
    m_waiting = 0;
    for (const auto& attempt : m_attempts)
        m_waiting += attempt.state == State::BacklogFull ? 1 : 0;
}

/// The deadline passed: whoever is still on the way timed out.
void Dialling::give_up()
{
    for (auto& attempt : m_attempts) {
        if (attempt.state == State::Settled)
            continue;
        m_dialled.failures.push_back(
            Error::from_errno(Phase::Connect, "connect", endpoint_of(attempt).text(), ETIMEDOUT));
        m_loop.poller().remove(attempt.socket.ref());
        attempt.state = State::Settled;
        --m_pending;
    }
}

} // namespace

Result<Dialled> dial(OpLoop& loop, const Target& target, const SocketPlan& plan, std::size_t count,
                     const Deadline& deadline, const Emit& emit)
{
    return Dialling(loop, target, plan, deadline, emit).run(count);
}

} // namespace sockit
