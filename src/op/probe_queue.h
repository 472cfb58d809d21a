#pragma once

#include "op/lookups.h"
#include "sock/target_list.h"

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// Targets in the order to probe them: one of each host in turn, as soon as its name is resolved,
/// long lists of ports out of their order. One thread refreshes, any takes.
class ProbeQueue {
public:
    struct Item {
        Target target;
        const LookupAnswer* answer = nullptr; ///< never null
        std::size_t lookup = 0;               ///< id of that answer
        std::size_t number = 0;               ///< of the target among all of them
        std::uint32_t attempt = 1;            ///< to ask it
        unsigned retried = 0;                 ///< of that attempt
        bool followed = false;                ///< the next try does not wait for this one's end
    };

    struct Options {
        bool each_address = false;              ///< of a name is a target of its own
        std::optional<std::uint64_t> rate = {}; ///< at most so many a second
    };

    /// Queues every host with `lookups`; both spans outlive the queue.
    ProbeQueue(std::span<const TargetGroup> groups, Lookups& lookups, const Options& options);

    /// Takes notice of the answers that came. True: there were some.
    bool refresh();
    /// How many targets are known: those typed, and the further addresses of names where each is
    /// one. The refreshing thread may ask.
    [[nodiscard]] std::size_t size() const { return m_size; }

    /// Moves at most `most` that may be asked now to the end of `into`.
    void take(std::vector<Item>& into, std::size_t most);
    /// Asks it once more, not before `due`.
    void again(Item item, Clock::time_point due);
    /// Drops what again() queued of that target; how many that were.
    std::size_t forget(std::size_t number);
    /// Has the name behind an answer resolved once more; what again() queues waits for it where
    /// there is no address yet. In runs of one thread only.
    void ask_name(std::size_t lookup) { m_lookups.ask_again(lookup); }
    /// The next one whose name has no address, whatever the rate; forgets all others.
    std::optional<Item> take_unresolved();
    /// When take() has something; nothing while it waits for names or has come to its end.
    [[nodiscard]] Deadline next_due() const;

private:
    /// A group's targets in an order that looks random: every `stride`th, round and round.
    struct Cursor {
        const TargetGroup* group = nullptr;
        std::size_t lookup = 0;
        const LookupAnswer* answer = nullptr;
        std::size_t first = 0; ///< number of the group's first target
        std::size_t taken = 0;
        std::size_t at = 0;
        std::size_t stride = 1;
    };

    void spread(Cursor cursor);
    [[nodiscard]] std::optional<Item> next(Clock::time_point now);
    [[nodiscard]] Item take_from(Cursor& cursor) const;

    Lookups& m_lookups;
    bool m_each_address;
    std::optional<Duration> m_interval; ///< between two
    std::size_t m_size = 0;
    std::deque<LookupAnswer> m_single; ///< one address each, at a fixed place
    std::vector<Cursor> m_waiting;     ///< for names; the refreshing thread's alone

    mutable std::mutex m_mutex; ///< for what follows
    std::deque<Cursor> m_ready;
    std::multimap<Clock::time_point, Item> m_later;
    std::deque<Item> m_nameless; ///< were later, and the resolver is asked once more
    Clock::time_point m_not_before;
};

} // namespace sockit
