#pragma once

#include "base/fd.h"

#include <string>
#include <string_view>

#include <sys/socket.h>

namespace sockit::test {

/// An address to bind or send to.
class Address {
public:
    Address() = default;
    /// "127.0.0.1:80", "[::1]:80", "unix:/x".
    explicit Address(const std::string& text);
    Address(const sockaddr_storage& storage, socklen_t length)
        : m_storage(storage), m_length(length)
    {}

    [[nodiscard]] const sockaddr* data() const
    {
        return reinterpret_cast<const sockaddr*>(&m_storage);
    }
    [[nodiscard]] socklen_t size() const { return m_length; }
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string port() const;

private:
    sockaddr_storage m_storage{};
    socklen_t m_length = 0;
};

/// A datagram socket of the test; receiving gives up after 20 s.
class DatagramPeer {
public:
    enum class Kind { Inet, Inet6, Unix };

    /// Bound to a loopback address and a port the kernel chose, or to the unix path.
    explicit DatagramPeer(Kind kind, const std::string& path = {});

    /// Bound there, on a port that others may have too (SO_REUSEPORT).
    explicit DatagramPeer(const Address& address);

    /// As `connect` takes it: "udp:127.0.0.1:4711", "unix-dgram:/x".
    [[nodiscard]] std::string target() const;
    [[nodiscard]] const Address& local() const { return m_local; }
    void send_to(const Address& to, std::string_view bytes) const;
    /// The next datagram, whole; its sender becomes the one that answer() sends to.
    std::string receive();
    void answer(std::string_view bytes) const { send_to(m_last, bytes); }
    [[nodiscard]] const Address& last() const { return m_last; }
    [[nodiscard]] bool anything_within(int milliseconds) const;
    /// A larger SO_SNDBUF: unix datagrams must fit it.
    void widen(int bytes) const;

private:
    void bind(const Address& address, bool shared);

    Fd m_fd;
    Address m_local;
    Address m_last;
};

} // namespace sockit::test
