#pragma once

#include "op/lookups.h"
#include "sock/target_list.h"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// Targets in the order to probe them: one of each host in turn, as soon as its name is resolved.
class ProbeQueue {
public:
    struct Item {
        Target target;
        const LookupAnswer* answer = nullptr; ///< never null
        std::size_t lookup = 0;               ///< id of that answer
        std::size_t number = 0;               ///< of the target among all of them, as typed
        std::uint32_t attempt = 1;            ///< to ask it
        bool followed = false;                ///< the next try does not wait for this one's end
    };

    /// Queues every host with `lookups`; both spans outlive the queue. `each_address`: every
    /// address of a name is a target of its own; those beyond the first are added() as they become
    /// known, with numbers that follow those of all targets typed.
    ProbeQueue(std::span<const TargetGroup> groups, Lookups& lookups, bool each_address);

    /// Takes notice of the answers that came.
    void refresh();
    [[nodiscard]] bool has_next() const { return !m_ready.empty() || !m_due.empty(); }
    std::optional<Item> next();
    /// Asks it once more, not before `due`.
    void again(Item item, Clock::time_point due);
    /// Never mind: drops what again() queued of that target.
    void forget(std::size_t number);
    /// When the first of those comes.
    [[nodiscard]] Deadline next_due() const;
    /// Targets that nobody typed: further addresses of names.
    [[nodiscard]] std::size_t added() const { return m_added; }
    /// Nothing is left, nor will come.
    [[nodiscard]] bool exhausted() const
    {
        return m_ready.empty() && m_waiting.empty() && m_later.empty() && m_due.empty() &&
               m_nameless.empty();
    }

private:
    struct Cursor {
        const TargetGroup* group;
        std::size_t lookup;
        std::size_t first = 0; ///< number of the group's first target
        std::size_t index = 0;
        const LookupAnswer* answer = nullptr;
    };

    void spread(Cursor cursor);

    Lookups& m_lookups;
    bool m_each_address;
    std::size_t m_typed = 0;
    std::size_t m_added = 0;
    std::deque<LookupAnswer> m_single; ///< one address each, at a fixed place
    std::vector<Cursor> m_waiting;
    std::deque<Cursor> m_ready;
    std::multimap<Clock::time_point, Item> m_later;
    std::deque<Item> m_nameless; ///< were later, and the resolver is asked once more
    std::deque<Item> m_due;      ///< were later
};

} // namespace sockit
