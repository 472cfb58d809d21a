#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <csignal>
#include <initializer_list>
#include <optional>
#include <string>

namespace sockit {

/// Signals as something to poll (signalfd), SIGINT and SIGTERM if not told otherwise. From open()
/// on they are blocked in this thread and in those it starts later; they stay blocked, so that one
/// signal gets one summary, until reraise().
class Signals {
public:
    static Result<Signals> open(std::initializer_list<int> signals = {SIGINT, SIGTERM});

    [[nodiscard]] FdRef ref() const { return m_fd.ref(); }
    /// The next pending one, or nothing.
    [[nodiscard]] std::optional<int> take() const;

    /// "SIGINT", "SIGTERM".
    static std::string name(int signal);

private:
    explicit Signals(Fd fd) : m_fd(std::move(fd)) {}

    Fd m_fd;
};

} // namespace sockit
