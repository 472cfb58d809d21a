#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/endpoint.h"

#include <chrono>
#include <optional>

namespace sockit {

enum class ConnectProgress : std::uint8_t { Connected, InProgress };

struct Accepted;

/// A socket with its family and type as data. Always CLOEXEC and O_NONBLOCK. Nothing blocks,
/// nothing is retried here but EINTR.
class Socket {
public:
    /// unix(7): with a full backlog connect() fails with EAGAIN, and nothing tells when there is
    /// room. Try again after that.
    static constexpr auto full_backlog_pause = std::chrono::milliseconds(5);

    Socket() = default;
    static Result<Socket> open(int family, int type, int protocol = 0);
    /// Takes over a descriptor that is a socket already (socket activation, accept, tests).
    static Socket adopt(Fd fd, int family, int type);

    [[nodiscard]] bool valid() const { return m_fd.valid(); }
    [[nodiscard]] FdRef ref() const { return m_fd.ref(); }
    [[nodiscard]] int family() const { return m_family; }
    [[nodiscard]] int type() const { return m_type; }
    void close() { m_fd.close(); }

    [[nodiscard]] Result<> bind(const Endpoint& endpoint) const;
    [[nodiscard]] Result<> listen(int backlog, const Endpoint& bound) const;
    /// Starts to connect. InProgress: wait until writable, then ask pending_error().
    [[nodiscard]] Result<ConnectProgress> connect(const Endpoint& endpoint) const;
    /// Takes SO_ERROR: the outcome of an asynchronous connect, or what else went wrong since. The
    /// error has Phase::Connect, call "connect" and `endpoint` as its subject.
    [[nodiscard]] Result<> pending_error(const Endpoint& endpoint) const;
    /// The next waiting connection; nothing when none waits or it went away before we came
    /// (accept(2): errors that belong to one connection, not to the listener).
    [[nodiscard]] Result<std::optional<Accepted>> accept() const;

    [[nodiscard]] Result<Endpoint> local() const;
    [[nodiscard]] Result<Endpoint> peer() const;
    /// shutdown(SHUT_WR): sends FIN after what is queued.
    [[nodiscard]] Result<> shutdown_send() const;
    [[nodiscard]] Result<> set_option(int level, int name, int value, std::string_view what) const;
    [[nodiscard]] Result<int> get_option(int level, int name, std::string_view what) const;
    /// close() will send RST and drop what is queued (SO_LINGER 0). Best effort.
    void reset_on_close() const;

private:
    Socket(Fd fd, int family, int type) : m_fd(std::move(fd)), m_family(family), m_type(type) {}

    Fd m_fd;
    int m_family = AF_UNSPEC;
    int m_type = 0;
};

struct Accepted {
    Socket socket;
    Endpoint peer;
};

/// True for EMFILE, ENFILE, ENOBUFS, ENOMEM: we are short of something; accepting may work later.
bool is_shortage(const Error& error);

} // namespace sockit
