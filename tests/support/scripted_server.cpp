#include "support/scripted_server.h"

#include <gtest/gtest.h>

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace sockit::test {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

namespace {

void set_patience(const Fd& socket)
{
    constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

} // namespace

Fd connect_to(std::uint16_t port)
{
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    set_patience(socket);
    const auto address = loopback(port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        ADD_FAILURE() << "connect to port " << port << ": errno " << errno;
        socket.close();
    }
    return socket;
}

bool send_bytes(const Fd& socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string receive_bytes(const Fd& socket, std::size_t count)
{
    std::string bytes;
    std::array<char, 65536> buffer{};
    while (bytes.size() < count) {
        const auto came =
            ::recv(socket.get(), buffer.data(), std::min(buffer.size(), count - bytes.size()), 0);
        if (came <= 0)
            break;
        bytes.append(buffer.data(), static_cast<std::size_t>(came));
    }
    return bytes;
}

void reset(Fd& socket)
{
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket.close();
}

ScriptedServer::ScriptedServer(std::function<void(Fd&)> serve)
    : m_listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      m_stop(::eventfd(0, EFD_CLOEXEC))
{
    auto address = loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(m_listener.get(), generic, length), 0);
    EXPECT_EQ(::listen(m_listener.get(), SOMAXCONN), 0);
    EXPECT_EQ(::getsockname(m_listener.get(), generic, &length), 0);
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this, serve = std::move(serve)] {
        while (true) {
            std::array waiting{pollfd{.fd = m_listener.get(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = m_stop.get(), .events = POLLIN, .revents = 0}};
            ::poll(waiting.data(), waiting.size(), -1);
            if (waiting[1].revents != 0)
                return;
            Fd accepted(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            set_patience(accepted);
            if (accepted.valid())
                serve(accepted);
        }
    });
}

ScriptedServer::~ScriptedServer()
{
    ::eventfd_write(m_stop.get(), 1);
    m_thread.join();
}

std::string ScriptedServer::endpoint() const { return "127.0.0.1:" + std::to_string(m_port); }

} // namespace sockit::test
