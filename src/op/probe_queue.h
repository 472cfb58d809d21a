#pragma once

#include "op/lookups.h"
#include "sock/target_list.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// Targets in the order to probe them: one of each host in turn, as soon as its name is resolved.
class ProbeQueue {
public:
    struct Item {
        Target target;
        const LookupAnswer* answer; ///< never null
    };

    /// Queues every host with `lookups`; both spans outlive the queue.
    ProbeQueue(std::span<const TargetGroup> groups, Lookups& lookups);

    /// Takes notice of the answers that came.
    void refresh();
    [[nodiscard]] bool has_next() const { return !m_ready.empty(); }
    std::optional<Item> next();
    /// Nothing is left, nor will come.
    [[nodiscard]] bool exhausted() const { return m_ready.empty() && m_waiting.empty(); }

private:
    struct Cursor {
        const TargetGroup* group;
        std::size_t lookup;
        std::size_t index = 0;
    };

    Lookups& m_lookups;
    std::vector<Cursor> m_waiting;
    std::deque<Cursor> m_ready;
};

} // namespace sockit
