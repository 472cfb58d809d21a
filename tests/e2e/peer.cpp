#include "peer.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

namespace sockit::test {

namespace {

constexpr int patience = 20; // seconds

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address unix_address(std::string_view path)
{
    Address address;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    address.length = sizeof name;
    std::memcpy(&address.storage, &name, sizeof name);
    return address;
}

Address inet_address(const std::string& host, std::uint16_t port)
{
    Address address;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        address.length = sizeof v4;
        std::memcpy(&address.storage, &v4, sizeof v4);
    } else {
        EXPECT_EQ(inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr), 1) << host;
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        address.length = sizeof v6;
        std::memcpy(&address.storage, &v6, sizeof v6);
    }
    return address;
}

Address parse(const std::string& endpoint)
{
    if (endpoint.starts_with("unix:"))
        return unix_address(endpoint.substr(5));
    const auto colon = endpoint.rfind(':');
    auto host = endpoint.substr(0, colon);
    if (host.starts_with('['))
        host = host.substr(1, host.size() - 2);
    return inet_address(host, static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
}

Fd open_socket(int family)
{
    Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_TRUE(fd.valid()) << errno_name(errno);
    const timeval limit{.tv_sec = patience, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

} // namespace

Peer Peer::connect_to(const std::string& endpoint)
{
    auto address = parse(endpoint);
    Fd fd = open_socket(address.storage.ss_family);
    EXPECT_EQ(::connect(fd.get(), address.get(), address.length), 0)
        << endpoint << ": " << errno_name(errno);
    return Peer(std::move(fd));
}

bool Peer::send(std::string_view bytes) const
{
    while (!bytes.empty()) {
        const auto sent = ::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string Peer::receive(std::size_t count) const
{
    std::string all(count, '\0');
    std::size_t have = 0;
    while (have < count) {
        const auto got = ::recv(m_fd.get(), all.data() + have, count - have, 0);
        if (got <= 0)
            break;
        have += static_cast<std::size_t>(got);
    }
    all.resize(have);
    return all;
}

std::string Peer::receive_all() const
{
    std::string all;
    std::array<char, 65536> bytes{};
    ssize_t got = 0;
    while ((got = ::recv(m_fd.get(), bytes.data(), bytes.size(), 0)) > 0)
        all.append(bytes.data(), static_cast<std::size_t>(got));
    EXPECT_EQ(got, 0) << errno_name(errno) << " after " << all.size() << " bytes";
    return all;
}

std::string Peer::echo() const
{
    std::string all;
    std::array<char, 65536> bytes{};
    ssize_t got = 0;
    while ((got = ::recv(m_fd.get(), bytes.data(), bytes.size(), 0)) > 0) {
        const std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
        EXPECT_TRUE(send(piece));
        all += piece;
    }
    EXPECT_EQ(got, 0) << errno_name(errno);
    finish();
    return all;
}

bool Peer::anything_within(int milliseconds) const
{
    pollfd waiting{.fd = m_fd.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
}

void Peer::finish() const { EXPECT_EQ(::shutdown(m_fd.get(), SHUT_WR), 0) << errno_name(errno); }

void Peer::reset()
{
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(m_fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    m_fd.close();
}

PeerListener::PeerListener(Kind kind, const std::string& path, int backlog)
{
    Address address = kind == Kind::Unix
                          ? unix_address(path)
                          : inet_address(kind == Kind::Inet ? "127.0.0.1" : "::1", 0);
    m_fd = open_socket(address.storage.ss_family);
    EXPECT_EQ(::bind(m_fd.get(), address.get(), address.length), 0) << errno_name(errno);
    EXPECT_EQ(::listen(m_fd.get(), backlog), 0) << errno_name(errno);
    if (kind == Kind::Unix) {
        m_endpoint = "unix:" + path;
        return;
    }
    EXPECT_EQ(::getsockname(m_fd.get(), address.get(), &address.length), 0);
    sockaddr_in v4{}; // the port is in the same place in both families
    std::memcpy(&v4, &address.storage, sizeof v4);
    m_endpoint =
        (kind == Kind::Inet ? "127.0.0.1:" : "[::1]:") + std::to_string(ntohs(v4.sin_port));
}

Peer PeerListener::accept() const
{
    Fd fd(::accept4(m_fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(fd.valid()) << "nobody connected: " << errno_name(errno);
    const timeval limit{.tv_sec = patience, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return Peer(std::move(fd));
}

Terminal::Terminal()
{
    master = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_EQ(::grantpt(master.get()), 0);
    EXPECT_EQ(::unlockpt(master.get()), 0);
    std::array<char, 64> name{};
    EXPECT_EQ(::ptsname_r(master.get(), name.data(), name.size()), 0);
    slave = Fd(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_TRUE(slave.valid()) << errno_name(errno);
    termios mode{};
    ::tcgetattr(slave.get(), &mode);
    ::cfmakeraw(&mode);
    ::tcsetattr(slave.get(), TCSANOW, &mode);
}

std::string read_until(int fd, std::string_view text)
{
    std::string all;
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    while (all.find(text) == std::string::npos && ::poll(&waiting, 1, patience * 1000) > 0) {
        std::array<char, 4096> bytes{};
        const auto got = ::read(fd, bytes.data(), bytes.size());
        if (got <= 0)
            break;
        all.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return all;
}

std::string pattern(std::size_t size)
{
    std::mt19937_64 numbers(size);
    std::string bytes(size, '\0');
    for (auto& byte : bytes)
        byte = static_cast<char>(numbers());
    return bytes;
}

} // namespace sockit::test
