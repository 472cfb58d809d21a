#pragma once

#include "base/deadline.h"
#include "loop/poller.h"
#include "sock/resolve.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What became of one name.
struct LookupAnswer {
    Result<std::vector<Endpoint>> addresses; ///< in the resolver's order; their ports mean nothing
    std::optional<Duration> took;            ///< nothing when no resolver was asked
};

/// Name resolution for many targets: each distinct host once, a bounded number at the same time,
/// each within a limit of its own. Shortages are waited out while others of ours run, and retried
/// with back-off when none does.
class Lookups {
public:
    struct Options {
        AddressFamily family = AddressFamily::Any;
        Duration timeout{};
        std::size_t at_once = 1;
        std::uint64_t token = 0; ///< what the Poller reports when there is news
    };

    Lookups(Poller& poller, const Options& options) : m_poller(poller), m_options(options) {}

    /// Queues the target's host, unless it was before; the id to ask for its answer with.
    std::size_t add(const Target& target);
    /// Starts what may start and takes what is there; call when the token is ready, when wake_at()
    /// has passed, and once at the beginning.
    void proceed(bool others_hold_resources);
    /// Asks the resolver once more. An answer with addresses stays until there is another such.
    void ask_again(std::size_t id);
    /// Whether a failure is about to be replaced.
    [[nodiscard]] bool may_improve(std::size_t id) const;
    /// Ends what is under way as if its limit had passed.
    void give_up();

    /// Nothing while it is pending.
    [[nodiscard]] const LookupAnswer* answer(std::size_t id) const;
    /// Whether the resolver has been asked for it.
    [[nodiscard]] bool started(std::size_t id) const { return m_entries[id].started.has_value(); }
    [[nodiscard]] std::size_t under_way() const { return m_running.size(); }
    [[nodiscard]] Deadline wake_at() const;

private:
    struct Entry {
        Target target;
        std::optional<ResolveJob> job;
        std::optional<Clock::time_point> started;
        std::optional<LookupAnswer> answer;
        unsigned retries = 0;
        bool pending_again = false; ///< queued or asked once more
    };

    /// False: nothing more can be started for now.
    bool start(std::size_t id, bool others_hold_resources);
    /// True: it is over.
    bool take(std::size_t id);
    void conclude(Entry& entry, Result<std::vector<Endpoint>> addresses);

    Poller& m_poller;
    Options m_options;
    std::vector<Entry> m_entries;
    std::map<std::string, std::size_t, std::less<>> m_by_host;
    std::deque<std::size_t> m_queue;
    std::vector<std::size_t> m_running;
    Deadline m_retry; ///< set: nothing is started before
};

} // namespace sockit
