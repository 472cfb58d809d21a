#pragma once

#include "op/owned_path.h"
#include "op/socket_plan.h"
#include "sock/cidr.h"

#include <cstdint>

namespace sockit {

struct ListenerPlan {
    Target target;
    SocketPlan socket;
    std::optional<int> backlog; ///< none: the system's limit
    bool reuseport = false;
    bool passed = false; ///< a service manager has the socket for us; `target` means nothing
    std::optional<int> ready_fd;
    std::optional<std::string> port_file;
    std::optional<std::uint64_t> max_connections; ///< at once; for the op to keep
    AccessRules access;                           ///< likewise

    bool operator==(const ListenerPlan&) const = default;
};

/// A socket that listens, and what became of the options set on it.
struct Listener {
    Socket socket;
    std::vector<SockoptOutcome> options;
};

/// A socket for that endpoint with all that is set before bind(): SO_REUSEADDR, SO_REUSEPORT if the
/// plan has it, IPV6_V6ONLY, the interface, the options of the fresh phase.
Result<Listener> open_unbound(const Endpoint& endpoint, const ListenerPlan& plan);

/// A listening socket, or a bound one where the transport has no connections. A bare port listens
/// on every address of both families (IPv4 alone where there is no IPv6). A unix path is taken only
/// if nothing or a socket that nobody serves stands there; it is removed at the end.
class Acceptor {
public:
    /// Resolves if it must (10 s at most), binds and listens. Errors: usage (a --ready-fd that is
    /// not open), those of the resolver, bind and listen.
    static Result<Acceptor> open(const ListenerPlan& plan);

    [[nodiscard]] FdRef ref() const { return m_socket.ref(); }
    /// For options that accepted sockets inherit.
    [[nodiscard]] const Socket& socket() const { return m_socket; }
    /// What was really bound: the port that port 0 became.
    [[nodiscard]] const Endpoint& local() const { return m_local; }
    /// Emits ServerReady and what became of the socket options, then tells --port-file, --ready-fd
    /// and the service manager; once, before the first accept(). False: the output can take no
    /// more.
    [[nodiscard]] Result<bool> announce(const Emit& emit) const;
    /// The next waiting connection, or nothing. Shortages (is_shortage) are errors: pause, then try
    /// again.
    [[nodiscard]] Result<std::optional<Accepted>> accept() const { return m_socket.accept(); }
    /// Stops listening and removes the unix path.
    void close();

private:
    Acceptor(Listener listener, Endpoint local, OwnedPath path, std::optional<int> ready_fd,
             std::optional<std::string> port_file);

    Socket m_socket;
    std::vector<SockoptOutcome> m_options;
    Endpoint m_local;
    OwnedPath m_path;
    std::optional<int> m_ready_fd;
    std::optional<std::string> m_port_file;
};

} // namespace sockit
