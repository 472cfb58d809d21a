#pragma once

#include "diag/filter.h"

#include <cstdint>
#include <vector>

namespace sockit {

/// Ordered, so that `and` is the lesser and `or` the greater of two.
enum class Truth : std::uint8_t { False, Unknown, True };

/// Tells of sockets whether they match, apart from their state.
class FilterEvaluator {
public:
    explicit FilterEvaluator(std::vector<FilterStep> steps);

    /// Unknown where the filter hangs on what is not known of the socket: its processes before they
    /// were looked for or where that is not permitted, a mark, the user of a TIME-WAIT.
    Truth operator()(const SocketInfo& info);
    /// Whether there is anything to evaluate.
    [[nodiscard]] bool empty() const { return m_steps.empty(); }

private:
    std::vector<FilterStep> m_steps;
    std::vector<Truth> m_stack;
};

} // namespace sockit
