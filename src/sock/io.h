#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstddef>
#include <span>

namespace sockit {

/// What one read or write did. End of stream and "not now" are states, not errors.
struct Transfer {
    enum class Kind : std::uint8_t { Moved, WouldBlock, End };

    Kind kind = Kind::Moved;
    std::size_t bytes = 0; ///< > 0 when Moved

    [[nodiscard]] bool would_block() const { return kind == Kind::WouldBlock; }
    [[nodiscard]] bool end() const { return kind == Kind::End; }
};

// All retry EINTR and nothing else. A short transfer is normal.

/// read(2) on any descriptor; Phase::Receive. `subject` names it in the error ("stdin").
Result<Transfer> read_some(FdRef fd, std::span<std::byte> buffer, std::string_view subject);
/// write(2) on any descriptor; Phase::Output.
Result<Transfer> write_some(FdRef fd, std::span<const std::byte> bytes, std::string_view subject);
/// recv(2) without blocking; Phase::Receive.
Result<Transfer> receive_some(FdRef socket, std::span<std::byte> buffer, std::string_view subject);
/// send(2) without blocking and without SIGPIPE; Phase::Send.
Result<Transfer> send_some(FdRef socket, std::span<const std::byte> bytes,
                           std::string_view subject);

/// The same of several pieces of memory, in their order, as one (sendmsg(2)); at most
/// `most_gathered`.
inline constexpr std::size_t most_gathered = 8;
Result<Transfer> send_gathered(FdRef socket, std::span<const std::span<const std::byte>> pieces,
                               std::string_view subject);

/// Writes everything, waiting with poll(2) where the descriptor is non-blocking.
Result<> write_all(FdRef fd, std::string_view bytes, std::string_view subject);

} // namespace sockit
