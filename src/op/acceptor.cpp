#include "op/acceptor.h"

#include "base/parse.h"
#include "op/bind_refusal.h"
#include "op/service_manager.h"
#include "sock/datagram_io.h"
#include "sock/io.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit {

namespace {

constexpr auto resolve_limit = std::chrono::seconds(10);

Failure path_in_use(const Endpoint& endpoint, std::string why)
{
    Error error = Error::from_errno(Phase::Bind, "bind", endpoint.text(), EADDRINUSE);
    error.detail = std::move(why);
    return Failure(std::move(error));
}

/// Makes room for a unix path: removes a socket that nobody serves, and leaves everything else
/// alone.
Result<> clear_stale_path(const Endpoint& endpoint, int type)
{
    const std::string path(endpoint.unix_name());
    struct stat status{};
    if (::lstat(path.c_str(), &status) < 0)
        return {}; // whatever is wrong with the path, bind() will say it
    if (!S_ISSOCK(status.st_mode))
        return path_in_use(endpoint, "the path is there and is not a socket");
    // With the wrong type: whoever lives there refuses it (EPROTOTYPE) without noticing. A right
    // one would use up the single connection of a server that serves one.
    const auto knock = TRY(Socket::open(AF_UNIX, type == SOCK_DGRAM ? SOCK_STREAM : SOCK_DGRAM));
    const auto answer = knock.connect(endpoint);
    if (answer || answer.error().code != ECONNREFUSED)
        return path_in_use(endpoint, "another process serves this socket");
    if (::unlink(path.c_str()) < 0)
        return Failure(Error::from_errno(Phase::Bind, "unlink", endpoint.text(), errno));
    return {};
}

/// What bind() goes by.
Result<> set_addressing(const Socket& socket, const Endpoint& endpoint, const ListenerPlan& plan)
{
    if (endpoint.is_inet()) {
        // With it, a UDP socket would share the port with another one, and rob it.
        if (socket.type() == SOCK_STREAM)
            TRY(socket.set_option(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
        if (plan.reuseport)
            TRY(socket.set_option(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"));
    }
    if (endpoint.family() == AF_INET6) {
        // Not left to net.ipv6.bindv6only: `8080` means every address on every machine.
        const int v6only = plan.socket.family == AddressFamily::Inet6 ? 1 : 0;
        TRY(socket.set_option(IPPROTO_IPV6, IPV6_V6ONLY, v6only, "IPV6_V6ONLY"));
    }
    return {};
}

/// bind() and listen(), with what must be set before.
Result<Listener> listen_on(const Endpoint& endpoint, const ListenerPlan& plan)
{
    Listener listener = TRY(open_unbound(endpoint, plan));
    const Socket& socket = listener.socket;
    const auto apply = [&](SockoptPhase phase) -> Result<> {
        std::ranges::move(TRY(apply_options(socket, plan.socket, phase)),
                          std::back_inserter(listener.options));
        return {};
    };
    if (endpoint.is_unix_path())
        TRY(clear_stale_path(endpoint, socket.type()));
    auto bound = socket.bind(endpoint);
    if (!bound) {
        Error error = bound.error();
        if (auto hint = bind_hint(socket, endpoint, error); !hint.empty())
            error.hint = std::move(hint);
        return Failure(std::move(error));
    }
    TRY(apply(SockoptPhase::Bound));
    if (socket.type() != SOCK_DGRAM)
        TRY(socket.listen(plan.backlog.value_or(SOMAXCONN), endpoint));
    TRY(apply(SockoptPhase::Listening));
    return listener;
}

/// Without IPv6 in this kernel or namespace, every address means every IPv4 address.
bool lacks_ipv6(const Error& error)
{
    return error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL;
}

Result<Listener> listen_on_first(const std::vector<Endpoint>& endpoints, const ListenerPlan& plan)
{
    auto listener = listen_on(endpoints.front(), plan);
    for (std::size_t i = 1; i < endpoints.size() && !listener; ++i)
        listener = listen_on(endpoints[i], plan);
    if (!listener && plan.target.any_address && plan.socket.family == AddressFamily::Any &&
        lacks_ipv6(listener.error()))
        return listen_on(Endpoint::inet({.s_addr = htonl(INADDR_ANY)}, plan.target.port), plan);
    return listener;
}

/// Options of every phase: those that come too late are told of.
Result<Listener> adopt_passed(const ListenerPlan& plan)
{
    Listener listener{TRY(take_passed_socket()), {}};
    for (const auto phase : {SockoptPhase::Fresh, SockoptPhase::Bound, SockoptPhase::Listening})
        std::ranges::move(TRY(apply_options(listener.socket, plan.socket, phase)),
                          std::back_inserter(listener.options));
    return listener;
}

Result<Listener> bind_anew(const ListenerPlan& plan)
{
    const auto endpoints =
        TRY(resolve(plan.target, plan.socket.family, Deadline::after(resolve_limit)));
    return listen_on_first(endpoints, plan);
}

Result<> write_port_file(const std::string& path, const Endpoint& local)
{
    const std::string temporary = path + "." + std::to_string(::getpid()) + ".tmp";
    constexpr mode_t mode = 0666;
    const Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file.valid())
        return Failure(Error::from_errno(Phase::Output, "open", path, errno));
    auto written = write_all(file.ref(), std::to_string(local.port()) + "\n", path);
    if (written && ::rename(temporary.c_str(), path.c_str()) < 0)
        written = Failure(Error::from_errno(Phase::Output, "rename", path, errno));
    if (!written)
        ::unlink(temporary.c_str());
    return written;
}

} // namespace

Result<Listener> open_unbound(const Endpoint& endpoint, const ListenerPlan& plan)
{
    const Transport transport = plan.target.transport;
    Listener listener{TRY(open_socket(transport, endpoint.family())), {}};
    widen_receive_buffer(listener.socket);
    TRY(prepare_for_datagrams(listener.socket));
    TRY(set_addressing(listener.socket, endpoint, plan));
    TRY(bind_to_interface(listener.socket, plan.socket.interface));
    listener.options = TRY(apply_options(listener.socket, plan.socket, SockoptPhase::Fresh));
    return listener;
}

Result<Acceptor> Acceptor::open(const ListenerPlan& plan)
{
    if (plan.ready_fd && ::fcntl(*plan.ready_fd, F_GETFD) < 0)
        return bad_value("--ready-fd", std::to_string(*plan.ready_fd), "not an open descriptor");
    auto listener = TRY(plan.passed ? adopt_passed(plan) : bind_anew(plan));
    auto local = TRY(listener.socket.local());
    const bool made = local.is_unix_path() && !plan.passed;
    OwnedPath path = made ? OwnedPath(std::string(local.unix_name())) : OwnedPath();
    return Acceptor(std::move(listener), local, std::move(path), plan.ready_fd, plan.port_file);
}

Acceptor::Acceptor(Listener listener, Endpoint local, OwnedPath path, std::optional<int> ready_fd,
                   std::optional<std::string> port_file)
    : m_socket(std::move(listener.socket)), m_options(std::move(listener.options)), m_local(local),
      m_path(std::move(path)), m_ready_fd(ready_fd), m_port_file(std::move(port_file))
{}

Result<bool> Acceptor::announce(const Emit& emit) const
{
    bool open = emit(ServerReady{.local = m_local, .time = std::chrono::system_clock::now()});
    open = tell_options(m_options, emit) && open;
    if (m_port_file)
        TRY(write_port_file(*m_port_file, m_local));
    if (m_ready_fd) {
        const Fd ready(*m_ready_fd); // closed in any case: its reader waits for the end
        TRY(write_all(ready.ref(), m_local.text() + "\n", "--ready-fd"));
    }
    if (const auto told = notify_ready(m_local); !told)
        open = emit(Warning{.message = {}, .error = told.error()}) && open;
    return open;
}

void Acceptor::close()
{
    m_path.remove();
    m_socket.close();
}

} // namespace sockit
