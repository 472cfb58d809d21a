#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "op/relay.h"
#include "sock/io.h"

#include <memory>
#include <span>
#include <string>

namespace sockit {

/// A borrowed descriptor that others share (stdin, stdout). Reads and writes never block on a pipe,
/// socket or terminal, and its flags stay as they are: O_NONBLOCK belongs to the open file, not to
/// us. Regular files are read and written directly.
class Stream {
public:
    /// `name` is its name in errors: "stdin".
    Stream(FdRef fd, std::string name);

    [[nodiscard]] FdRef ref() const { return m_fd; }
    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] InputKind kind() const { return m_kind; }
    [[nodiscard]] bool is_fifo() const { return m_fifo; }

    // WouldBlock: wait until it is ready. A short transfer is normal.
    Result<Transfer> read(std::span<std::byte> buffer);
    Result<Transfer> write(std::span<const std::byte> bytes);

private:
    Result<Transfer> write_unhurried(std::span<const std::byte> bytes);
    [[nodiscard]] bool is_ready(short events) const;

    FdRef m_fd;
    std::string m_name;
    InputKind m_kind;
    bool m_fifo;                          ///< a pipe in the kernel's sense
    bool m_no_wait;                       ///< RWF_NOWAIT works here, as far as is known
    std::shared_ptr<const Fd> m_terminal; ///< a terminal, opened once more for ourselves
};

} // namespace sockit
