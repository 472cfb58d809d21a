#pragma once

#include "loop/poller.h"
#include "loop/signals.h"

#include <optional>
#include <string>

namespace sockit {

/// A poller that also knows what ends the whole run: SIGINT, SIGTERM and the run's deadline.
class OpLoop {
public:
    /// From here on the signals are ours. Errors: no descriptors left.
    static Result<OpLoop> open(std::optional<Duration> run_limit);

    [[nodiscard]] Poller& poller() { return m_poller; }
    /// Poller::wait() that returns at the run's deadline and on a signal as well: see stopped().
    Result<std::span<const Ready>> wait(const Deadline& deadline);
    /// The same for one descriptor that is outside the poller and should become writable.
    Result<> wait_writable(FdRef fd);

    /// A signal came or the run's deadline has passed; stays so.
    [[nodiscard]] bool stopped() const { return m_signal || m_deadline_passed; }
    [[nodiscard]] std::optional<int> signal() const { return m_signal; }
    [[nodiscard]] bool deadline_passed() const { return m_deadline_passed; }
    /// "SIGTERM", "deadline"; nothing while not stopped.
    [[nodiscard]] std::optional<std::string> stopped_by() const;

private:
    OpLoop(Poller poller, Signals signals, Deadline deadline)
        : m_poller(std::move(poller)), m_signals(std::move(signals)), m_deadline(deadline)
    {}
    void note_signal();
    void note_deadline();

    Poller m_poller;
    Signals m_signals;
    Deadline m_deadline;
    std::optional<int> m_signal;
    bool m_deadline_passed = false;
};

} // namespace sockit
