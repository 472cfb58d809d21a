#pragma once

#include "base/deadline.h"
#include "sock/io.h"
#include "sock/socket.h"

#include <cstdint>
#include <memory>

namespace sockit {

/// One connection of the echo server. Idle ones are what thousands of are kept: this object and the
/// kernel's socket are all they cost.
class EchoPeer {
public:
    enum class State : std::uint8_t {
        Reading, ///< everything that came was sent back
        Writing, ///< the socket took no more: wait until it is writable, read nothing
        Ended,   ///< the peer sent FIN, and everything that came before was sent back
    };

    EchoPeer() = default;
    EchoPeer(Socket socket, std::uint64_t id, Clock::time_point since)
        : m_socket(std::move(socket)), m_id(id), m_since(since)
    {}

    [[nodiscard]] FdRef ref() const { return m_socket.ref(); }
    [[nodiscard]] bool in_use() const { return m_socket.valid(); }
    [[nodiscard]] std::uint64_t id() const { return m_id; }
    [[nodiscard]] Clock::time_point since() const { return m_since; }
    [[nodiscard]] std::uint64_t received() const { return m_received; }
    [[nodiscard]] std::uint64_t sent() const { return m_sent; }
    [[nodiscard]] bool writing() const { return m_rest != nullptr; }

    /// The socket is ready for what the state waits for: one read through `buffer` and one write,
    /// or the rest of an earlier write. The error names no subject.
    Result<State> serve(std::span<std::byte> buffer);

private:
    /// What the socket did not take of one read.
    struct Rest {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
        std::size_t offset = 0;
    };

    Result<State> receive(std::span<std::byte> buffer);
    Result<State> send_rest();

    Socket m_socket;
    std::uint64_t m_id = 0;
    Clock::time_point m_since;
    std::uint64_t m_received = 0;
    std::uint64_t m_sent = 0;
    std::unique_ptr<Rest> m_rest;
};

} // namespace sockit
