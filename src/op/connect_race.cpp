#include "op/connect_race.h"

#include "sock/errqueue.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/ioctl.h>

namespace sockit {

namespace {

/// Whether bytes wait to be received; takes neither them nor the socket's pending error.
bool has_data(FdRef socket)
{
    int waiting = 0;
    return ::ioctl(socket.value, FIONREAD, &waiting) == 0 && waiting > 0;
}

constexpr auto stagger = std::chrono::milliseconds(250); // RFC 8305, section 8

/// How much an error tells about the target: the target itself answered, nobody did, or it was not
/// even reached.
int significance(const Error& error)
{
    switch (error.code) {
    case ECONNREFUSED:
    case ENOENT: return 3;
    case ETIMEDOUT: return 2;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return 0;
    default: return 1;
    }
}

class Race {
public:
    Race(OpLoop& loop, Transport transport, std::vector<Endpoint> endpoints, const SocketPlan& plan,
         const Deadline& deadline, const Emit& emit)
        : m_loop(loop), m_transport(transport), m_endpoints(std::move(endpoints)), m_plan(plan),
          m_deadline(deadline), m_emit(emit)
    {}

    Result<std::optional<Connection>> run();

private:
    struct Attempt {
        std::size_t index; ///< into m_endpoints; also its token
        Socket socket;
        Clock::time_point started;
        Deadline again; ///< a unix backlog was full: try once more then
    };

    void start_next();
    void connect(Attempt& attempt);
    Result<> look_at(std::span<const Ready> ready);
    void established(Attempt& attempt);
    /// Ends an attempt and tells of it.
    void end(std::size_t index, std::optional<Error> error);
    void end_all(int code);
    [[nodiscard]] Deadline next_event() const;
    Attempt* find(std::size_t index);

    OpLoop& m_loop;
    Transport m_transport;
    std::vector<Endpoint> m_endpoints;
    const SocketPlan& m_plan;
    Deadline m_deadline;
    const Emit& m_emit;
    std::size_t m_next = 0;
    Deadline m_next_start = Deadline::after(Duration::zero());
    std::vector<Attempt> m_open;
    std::optional<Connection> m_won;
    std::optional<Error> m_error; ///< the most telling so far
};

Result<std::optional<Connection>> Race::run()
{
    while (true) {
        while (!m_won && m_next < m_endpoints.size() && m_next_start.passed())
            start_next();
        if (m_won || (m_open.empty() && m_next == m_endpoints.size()))
            break;
        const auto ready = TRY(m_loop.wait(next_event()));
        if (m_loop.stopped() || m_deadline.passed())
            break;
        TRY(look_at(ready));
    }
    end_all(m_won || m_loop.stopped() ? ECANCELED : ETIMEDOUT);
    if (m_won || m_loop.stopped())
        return std::move(m_won);
    return Failure(*std::move(m_error));
}

void Race::start_next()
{
    const auto index = m_next++;
    const Endpoint& endpoint = m_endpoints[index];
    m_next_start = Deadline::after(stagger);
    Attempt attempt{.index = index, .socket = {}, .started = Clock::now(), .again = {}};
    auto socket = open_client_socket(m_transport, endpoint, m_plan, m_emit);
    m_open.push_back(std::move(attempt));
    if (!socket)
        return end(index, socket.error());
    m_open.back().socket = *std::move(socket);
    connect(m_open.back());
}

void Race::connect(Attempt& attempt)
{
    const auto index = attempt.index;
    const auto progress = attempt.socket.connect(m_endpoints[index]);
    if (progress && *progress == ConnectProgress::Connected)
        return established(attempt);
    if (progress) {
        // Not before: a socket that is not even connecting reports a hangup.
        if (auto waiting = m_loop.poller().add(attempt.socket.ref(), index, {.write = true});
            !waiting)
            end(index, waiting.error());
        return;
    }
    if (progress.error().code == EAGAIN && is_unix(m_transport))
        attempt.again = Deadline::after(Socket::full_backlog_pause);
    else
        end(index, progress.error());
}

Result<> Race::look_at(std::span<const Ready> ready)
{
    for (const auto& one : ready) {
        Attempt* attempt = find(one.token);
        if (attempt == nullptr || attempt->again.is_set())
            continue;
        if (has_data(attempt->socket.ref())) // even if it was reset since: what came is delivered
            established(*attempt);
        else if (auto outcome = attempt->socket.pending_error(m_endpoints[attempt->index]);
                 !outcome)
            end(attempt->index, outcome.error());
        else if (one.writable || one.hangup)
            established(*attempt);
        else
            take_icmp_error(attempt->socket.ref()); // a hint, not the end; unread it stays ready
        if (m_won)
            return {};
    }
    for (std::size_t i = 0; i < m_open.size(); ++i)
        if (m_open[i].again.is_set() && m_open[i].again.passed()) {
            m_open[i].again = {};
            connect(m_open[i]);
            break; // it may have left the list; the others have their turn soon enough
        }
    return {};
}

void Race::established(Attempt& attempt)
{
    const auto index = attempt.index;
    const auto local = attempt.socket.local();
    // A connection that the peer has reset since has no peer: the endpoint we asked for stands.
    const auto peer = m_endpoints[index];
    if (!local)
        return end(index, local.error());
    if (peer.is_inet() && *local == peer) {
        Error itself = Error::from_errno(Phase::Connect, "connect", peer.text(), ECONNREFUSED);
        itself.detail = "nobody listens there: the connection reached itself";
        return end(index, std::move(itself));
    }
    drop_icmp_errors(attempt.socket.ref(), peer.family());
    if (auto set = apply_options(attempt.socket, m_plan, SockoptPhase::Connected, m_emit); !set)
        return end(index, set.error());
    m_loop.poller().remove(attempt.socket.ref());
    m_won = Connection{.socket = std::move(attempt.socket), .local = *local, .peer = peer};
    end(index, std::nullopt);
}

void Race::end(std::size_t index, std::optional<Error> error)
{
    Attempt* attempt = find(index);
    if (attempt->socket.valid()) {
        if (error && error->phase == Phase::Connect && !error->icmp)
            error->icmp = take_icmp_error(attempt->socket.ref());
        m_loop.poller().remove(attempt->socket.ref());
    }
    m_emit(ConnectAttempt{.endpoint = m_endpoints[index],
                          .duration = Clock::now() - attempt->started,
                          .error = error});
    m_open.erase(m_open.begin() + (attempt - m_open.data()));
    if (!error)
        return;
    m_next_start = Deadline::after(Duration::zero());
    if (!m_error || significance(*error) > significance(*m_error))
        m_error = std::move(error);
}

void Race::end_all(int code)
{
    while (!m_open.empty()) {
        const auto index = m_open.front().index;
        end(index, Error::from_errno(Phase::Connect, "connect", m_endpoints[index].text(), code));
    }
}

Deadline Race::next_event() const
{
    auto next = m_deadline;
    if (m_next < m_endpoints.size())
        next = sooner(next, m_next_start);
    for (const auto& attempt : m_open)
        next = sooner(next, attempt.again);
    return next;
}

Race::Attempt* Race::find(std::size_t index)
{
    const auto found = std::ranges::find(m_open, index, &Attempt::index);
    return found == m_open.end() ? nullptr : &*found;
}

} // namespace

std::vector<Endpoint> interleave_families(std::span<const Endpoint> endpoints)
{
    std::vector<Endpoint> first;
    std::vector<Endpoint> others;
    for (const auto& endpoint : endpoints)
        (endpoint.family() == endpoints.front().family() ? first : others).push_back(endpoint);
    std::vector<Endpoint> mixed;
    for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
        if (i < first.size())
            mixed.push_back(first[i]);
        if (i < others.size())
            mixed.push_back(others[i]);
    }
    return mixed;
}

Result<std::optional<Connection>> race_to_connect(OpLoop& loop, Transport transport,
                                                  std::span<const Endpoint> endpoints,
                                                  const SocketPlan& plan, const Deadline& deadline,
                                                  const Emit& emit)
{
    return Race(loop, transport, interleave_families(endpoints), plan, deadline, emit).run();
}

} // namespace sockit
