#include "sock/socket.h"

#include <cerrno>

namespace sockit {

namespace {

/// accept(2): "already-pending network errors on the new socket"; and the connection that was reset
/// while it waited.
bool belongs_to_connection(int code)
{
    switch (code) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: return true;
    default: return false;
    }
}

Result<Endpoint> name_of(FdRef fd, std::string_view call,
                         int (*ask)(int, sockaddr*, socklen_t*) noexcept)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (ask(fd.value, generic, &length) < 0)
        return Failure(Error::from_errno(Phase::Socket, call, "", errno));
    return Endpoint::from_sockaddr(generic, length);
}

} // namespace

Result<Socket> Socket::open(int family, int type, int protocol)
{
    Fd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!fd.valid())
        return Failure(Error::from_errno(Phase::Socket, "socket", "", errno));
    return Socket(std::move(fd), family, type);
}

Socket Socket::adopt(Fd fd, int family, int type) { return {std::move(fd), family, type}; }

Result<> Socket::bind(const Endpoint& endpoint) const
{
    int failed = 0;
    do
        failed = ::bind(m_fd.get(), endpoint.data(), endpoint.size());
    while (failed < 0 && errno == EINTR);
    if (failed < 0)
        return Failure(Error::from_errno(Phase::Bind, "bind", endpoint.text(), errno));
    return {};
}

Result<> Socket::listen(int backlog, const Endpoint& bound) const
{
    if (::listen(m_fd.get(), backlog) < 0)
        return Failure(Error::from_errno(Phase::Listen, "listen", bound.text(), errno));
    return {};
}

Result<ConnectProgress> Socket::connect(const Endpoint& endpoint) const
{
    while (true) {
        if (::connect(m_fd.get(), endpoint.data(), endpoint.size()) == 0)
            return ConnectProgress::Connected;
        const int reason = errno;
        // EALREADY and EISCONN: an interrupted first call had started the connection after all.
        if (reason == EINPROGRESS || reason == EALREADY)
            return ConnectProgress::InProgress;
        if (reason == EISCONN)
            return ConnectProgress::Connected;
        if (reason != EINTR)
            return Failure(Error::from_errno(Phase::Connect, "connect", endpoint.text(), reason));
    }
}

Result<> Socket::pending_error(const Endpoint& endpoint) const
{
    const int code = TRY(get_option(SOL_SOCKET, SO_ERROR, "SO_ERROR"));
    if (code != 0)
        return Failure(Error::from_errno(Phase::Connect, "connect", endpoint.text(), code));
    return {};
}

Result<std::optional<Accepted>> Socket::accept() const
{
    while (true) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        Fd fd(::accept4(m_fd.get(), generic, &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (fd.valid())
            return Accepted{.socket = Socket(std::move(fd), m_family, m_type),
                            .peer = Endpoint::from_sockaddr(generic, length)};
        const int reason = errno;
        if (reason == EAGAIN)
            return std::optional<Accepted>();
        if (reason != EINTR && !belongs_to_connection(reason))
            return Failure(Error::from_errno(Phase::Listen, "accept", "", reason));
    }
}

Result<Endpoint> Socket::local() const { return name_of(m_fd.ref(), "getsockname", ::getsockname); }

Result<Endpoint> Socket::peer() const { return name_of(m_fd.ref(), "getpeername", ::getpeername); }

Result<> Socket::shutdown_send() const
{
    if (::shutdown(m_fd.get(), SHUT_WR) < 0)
        return Failure(Error::from_errno(Phase::Send, "shutdown", "", errno));
    return {};
}

Result<> Socket::set_option(int level, int name, int value, std::string_view what) const
{
    if (::setsockopt(m_fd.get(), level, name, &value, sizeof value) < 0)
        return Failure(Error::from_errno(Phase::Socket, "setsockopt", what, errno));
    return {};
}

Result<int> Socket::get_option(int level, int name, std::string_view what) const
{
    int value = 0;
    socklen_t length = sizeof value;
    if (::getsockopt(m_fd.get(), level, name, &value, &length) < 0)
        return Failure(Error::from_errno(Phase::Socket, "getsockopt", what, errno));
    return value;
}

void Socket::reset_on_close() const
{
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(m_fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool is_shortage(const Error& error)
{
    return error.domain == Domain::Errno && (error.code == EMFILE || error.code == ENFILE ||
                                             error.code == ENOBUFS || error.code == ENOMEM);
}

} // namespace sockit
