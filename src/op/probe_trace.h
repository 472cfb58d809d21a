#pragma once

#include "event/event.h"
#include "loop/poller.h"
#include "op/probe.h"
#include "op/probe_attempt.h"
#include "op/probe_finding.h"

#include <cstddef>
#include <span>
#include <vector>

namespace sockit {

/// The way to one address: connects whose packets may pass no router, one, two, …, several at once.
/// Each router that drops one says so (ICMP time exceeded), which the kernel keeps for any user.
/// Emits a ProbeHop for each in the order of the way. Ends at the first answer of another kind, or
/// after the last hop or the limit. Never blocks.
class ProbeTrace {
public:
    /// Everything outlives the trace; tokens of the poller are indices below 256. Options of the
    /// first socket are told with `options`.
    ProbeTrace(const Target& target, const Endpoint& to, const ProbePlan& plan,
               const Deadline& limit, Poller& poller, const Emit& hops, const Emit& options);

    /// Takes the news, begins what there is room for, and tells the hops that are settled. Call
    /// again with more news, or when wake_at() has passed. Errors: of the poller.
    Result<> proceed(std::span<const Ready> news);
    [[nodiscard]] Deadline wake_at() const;
    [[nodiscard]] bool done() const { return m_done; }
    /// The limit passes now.
    void give_up() { m_limit = Deadline::at(Clock::now()); }
    /// The last answer: the verdict about the target once done.
    [[nodiscard]] Finding finding() const;

private:
    struct Hop {
        ProbeAttempt attempt;
        Deadline patience; ///< from then on it counts as mute, although it may still answer
        std::optional<Finding> answer;

        [[nodiscard]] bool is_open() const { return !answer && attempt.socket().valid(); }
        [[nodiscard]] bool is_awaited() const { return is_open() && !patience.passed(); }
    };

    Result<> begin_some();
    Result<> begin_one();
    void close(ProbeAttempt& attempt);
    void take(std::size_t index, Finding finding);
    void look_at_the_end();
    void tell();
    void tell(std::size_t index) const;
    [[nodiscard]] bool is_settled(std::size_t index) const;
    [[nodiscard]] std::size_t awaited() const;
    [[nodiscard]] bool ends(std::size_t index) const { return m_end == index; }

    const Target& m_target;
    Endpoint m_to;
    const ProbePlan& m_plan;
    Deadline m_limit;
    Poller& m_poller;
    const Emit& m_hop_emit;
    const Emit& m_option_emit;
    Duration m_patience;              ///< of each hop
    std::size_t m_window;             ///< so many are awaited at once
    std::vector<Hop> m_hops;          ///< that were begun; the first passes no router
    std::size_t m_told = 0;           ///< so many were told
    std::optional<std::size_t> m_end; ///< index of the hop whose answer ends the trace
    bool m_extended = false;          ///< the limit, for a neighbour
    bool m_over = false;              ///< the limit has passed: what has not answered is mute
    bool m_done = false;
};

} // namespace sockit
