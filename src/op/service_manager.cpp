#include "op/service_manager.h"

#include "base/parse.h"

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit {

namespace {

constexpr int first_passed = 3;

/// How many descriptors were passed to us, and not to whoever started us.
std::uint64_t passed_count()
{
    const char* pid = ::getenv("LISTEN_PID");
    const char* count = ::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr)
        return 0;
    const auto owner = parse_number(pid, "LISTEN_PID");
    const auto number = parse_number(count, "LISTEN_FDS");
    return owner && number && *owner == static_cast<std::uint64_t>(::getpid()) ? *number : 0;
}

Result<int> ask(FdRef socket, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(socket.value, SOL_SOCKET, option, &value, &size) < 0)
        return Failure(Error::from_errno(Phase::Socket, "getsockopt", "descriptor 3", errno));
    return value;
}

Failure wrong(std::string what)
{
    return Failure(Error::usage("socket activation: " + std::move(what)));
}

} // namespace

bool socket_was_passed() { return passed_count() > 0; }

Result<Socket> take_passed_socket()
{
    const auto count = passed_count();
    for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(name);
    if (count != 1)
        return wrong("one socket is served, not " + std::to_string(count));
    Fd fd(first_passed);
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) < 0 ||
        ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0)
        return Failure(Error::from_errno(Phase::Socket, "fcntl", "descriptor 3", errno));
    const int type = TRY(ask(fd.ref(), SO_TYPE));
    const int family = TRY(ask(fd.ref(), SO_DOMAIN));
    if (type != SOCK_STREAM || TRY(ask(fd.ref(), SO_ACCEPTCONN)) == 0)
        return wrong("descriptor 3 is not a socket that listens for streams");
    return Socket::adopt(std::move(fd), family, type);
}

Result<> notify_ready(const Endpoint& local)
{
    const char* where = ::getenv("NOTIFY_SOCKET");
    if (where == nullptr)
        return {};
    const std::string name(where);
    ::unsetenv("NOTIFY_SOCKET");
    const auto manager =
        name.starts_with('@') ? Endpoint::unix_abstract(name.substr(1)) : Endpoint::unix_path(name);
    const auto to = TRY(manager);
    const auto socket = TRY(Socket::open(AF_UNIX, SOCK_DGRAM));
    const auto text = "READY=1\nSTATUS=listening on " + local.text() + "\n";
    if (::sendto(socket.ref().value, text.data(), text.size(), MSG_NOSIGNAL, to.data(), to.size()) <
        0)
        return Failure(Error::from_errno(Phase::Output, "sendto", to.text(), errno));
    return {};
}

} // namespace sockit
