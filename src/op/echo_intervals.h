#pragma once

#include "event/echo.h"

#include <cstddef>
#include <limits>
#include <mutex>
#include <vector>

namespace sockit {

/// Puts together what the threads of the echo client say of each interval. Its members may be
/// called from any thread.
class EchoIntervals {
public:
    explicit EchoIntervals(std::size_t threads) : m_told(threads) {}

    /// What that thread has of the first interval that it has not told of.
    void add(std::size_t thread, const EchoInterval& part);
    /// It has nothing more to tell.
    void end(std::size_t thread);
    /// The intervals that all have told of, oldest first, each once.
    std::vector<EchoInterval> take_complete();

private:
    static constexpr auto ended = std::numeric_limits<std::size_t>::max();

    std::mutex m_mutex;
    std::vector<std::size_t> m_told; ///< by thread: of so many intervals
    std::vector<EchoInterval> m_open;
    std::size_t m_taken = 0; ///< intervals before m_open
};

} // namespace sockit
