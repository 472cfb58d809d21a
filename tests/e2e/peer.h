#pragma once

#include "base/fd.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace sockit::test {

/// The other end of a connection: a blocking stream socket that gives up after 20 s.
class Peer {
public:
    explicit Peer(Fd fd) : m_fd(std::move(fd)) {}
    /// To "127.0.0.1:80", "[::1]:80" or "unix:PATH".
    static Peer connect_to(const std::string& endpoint);

    [[nodiscard]] int fd() const { return m_fd.get(); }
    /// Sends all of it; false when the connection broke.
    [[nodiscard]] bool send(std::string_view bytes) const;
    /// Up to and including that many bytes; fewer at the end of the stream or a reset.
    [[nodiscard]] std::string receive(std::size_t count) const;
    /// Everything up to the other side's FIN; fails the test if something else ends it.
    [[nodiscard]] std::string receive_all() const;
    /// Sends back what comes, until the other side's FIN, then sends FIN. Returns what came.
    [[nodiscard]] std::string echo() const;
    /// Whether bytes or the end of the stream arrive within `milliseconds`.
    [[nodiscard]] bool anything_within(int milliseconds) const;
    void finish() const;
    void close() { m_fd.close(); }
    /// Closes with RST.
    void reset();

private:
    Fd m_fd;
};

/// A listening socket of the test.
class PeerListener {
public:
    enum class Kind { Inet, Inet6, Unix };

    /// On a port the kernel chose, or the unix path.
    explicit PeerListener(Kind kind, const std::string& path = {}, int backlog = 16);

    [[nodiscard]] const std::string& endpoint() const { return m_endpoint; }
    [[nodiscard]] Peer accept() const;
    [[nodiscard]] int fd() const { return m_fd.get(); }

private:
    Fd m_fd;
    std::string m_endpoint;
};

/// A pseudo-terminal in raw mode: what is written to one end comes out at the other.
struct Terminal {
    Terminal();
    Fd master;
    Fd slave;
};

/// Reads `fd` until `text` has come, at most 20 s; all that came.
std::string read_until(int fd, std::string_view text);

/// So many bytes that repeat nowhere soon.
std::string pattern(std::size_t size);

} // namespace sockit::test
