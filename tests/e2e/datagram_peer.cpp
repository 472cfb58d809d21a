#include "datagram_peer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/un.h>

namespace sockit::test {

namespace {

std::string loopback_of(DatagramPeer::Kind kind, const std::string& path)
{
    switch (kind) {
    case DatagramPeer::Kind::Inet: return "127.0.0.1:0";
    case DatagramPeer::Kind::Inet6: return "[::1]:0";
    case DatagramPeer::Kind::Unix: return "unix:" + path;
    }
    return {};
}

} // namespace

Address::Address(const std::string& text)
{
    const auto colon = text.rfind(':');
    if (text.starts_with("unix:")) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        text.copy(name.sun_path, sizeof name.sun_path - 1, 5);
        m_length = sizeof name;
        std::memcpy(&m_storage, &name, sizeof name);
        return;
    }
    const auto port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
    if (text.starts_with('[')) {
        sockaddr_in6 name{};
        name.sin6_family = AF_INET6;
        name.sin6_port = port;
        EXPECT_EQ(::inet_pton(AF_INET6, text.substr(1, colon - 2).c_str(), &name.sin6_addr), 1);
        m_length = sizeof name;
        std::memcpy(&m_storage, &name, sizeof name);
    } else {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = port;
        EXPECT_EQ(::inet_pton(AF_INET, text.substr(0, colon).c_str(), &name.sin_addr), 1);
        m_length = sizeof name;
        std::memcpy(&m_storage, &name, sizeof name);
    }
}

std::string Address::port() const
{
    sockaddr_in name{}; // the port is at the same place in sockaddr_in6
    std::memcpy(&name, &m_storage, sizeof name);
    return std::to_string(ntohs(name.sin_port));
}

std::string Address::text() const
{
    std::array<char, INET6_ADDRSTRLEN> address{};
    if (m_storage.ss_family == AF_INET) {
        sockaddr_in name{};
        std::memcpy(&name, &m_storage, sizeof name);
        ::inet_ntop(AF_INET, &name.sin_addr, address.data(), address.size());
        return std::string(address.data()) + ":" + port();
    }
    if (m_storage.ss_family == AF_INET6) {
        sockaddr_in6 name{};
        std::memcpy(&name, &m_storage, sizeof name);
        ::inet_ntop(AF_INET6, &name.sin6_addr, address.data(), address.size());
        return "[" + std::string(address.data()) + "]:" + port();
    }
    sockaddr_un name{};
    std::memcpy(&name, &m_storage, sizeof name);
    return "unix:" + std::string(name.sun_path);
}

DatagramPeer::DatagramPeer(Kind kind, const std::string& path)
{
    bind(Address(loopback_of(kind, path)), false);
}

DatagramPeer::DatagramPeer(const Address& address) { bind(address, true); }

void DatagramPeer::bind(const Address& address, bool shared)
{
    m_fd = Fd(::socket(address.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = shared ? 1 : 0;
    ::setsockopt(m_fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    EXPECT_EQ(::bind(m_fd.get(), address.data(), address.size()), 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(m_fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(m_fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    ::getsockname(m_fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
    m_local = Address(name, length);
}

std::string DatagramPeer::target() const
{
    const auto text = m_local.text();
    return text.starts_with("unix:") ? "unix-dgram:" + text.substr(5) : "udp:" + text;
}

void DatagramPeer::send_to(const Address& to, std::string_view bytes) const
{
    EXPECT_EQ(::sendto(m_fd.get(), bytes.data(), bytes.size(), 0, to.data(), to.size()),
              static_cast<ssize_t>(bytes.size()))
        << to.text();
}

std::string DatagramPeer::receive()
{
    std::string bytes(1UL << 20U, '\0');
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    const auto got = ::recvfrom(m_fd.get(), bytes.data(), bytes.size(), 0,
                                reinterpret_cast<sockaddr*>(&name), &length);
    EXPECT_GE(got, 0);
    m_last = Address(name, length);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

bool DatagramPeer::anything_within(int milliseconds) const
{
    pollfd waiting{.fd = m_fd.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
}

void DatagramPeer::widen(int bytes) const
{
    EXPECT_EQ(::setsockopt(m_fd.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
}

} // namespace sockit::test
