#pragma once

#include "op/probe_tally.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace sockit {

/// A try that nobody answered in this time has another one begun beside it: its SYN may have come
/// too early, and the kernel sends it again after a second only.
constexpr Duration wait_patience = std::chrono::milliseconds(20);
/// Since others are begun beside it, none stays for a second SYN.
constexpr Duration wait_connect_limit = std::chrono::seconds(1);

/// How long an address has to answer: the timeout, less while something else is waited for.
Duration connect_limit(const ProbePlan& plan);

/// Tries of each target until its outcome is wanted, `--wait`. Only the last is told.
class ProbeWaiting {
public:
    explicit ProbeWaiting(const ProbePlan& plan);

    [[nodiscard]] std::size_t most_at_once(std::size_t targets) const;
    void begun(std::size_t number, std::uint32_t attempt);
    ProbeNext after(std::size_t number, ProbeResult& result);
    /// The end of the waiting cut it short: worth telling only where nothing else is known.
    void cut(std::size_t number, const ProbeResult& result);

    [[nodiscard]] std::vector<ProbeResult> vain() const;
    [[nodiscard]] bool enough() const { return m_enough; }
    [[nodiscard]] ProbeProgress progress() const;

private:
    struct Wait {
        std::uint32_t tries = 0;
        std::uint32_t ended = 0;
        Clock::time_point asked;         ///< the resolver, for its name
        std::optional<ProbeResult> last; ///< of the latest try that has ended
        bool over = false;
    };

    [[nodiscard]] bool may_change(const ProbeResult& result) const;
    [[nodiscard]] Duration pause(std::uint32_t ended) const;
    [[nodiscard]] std::size_t left() const;

    const ProbePlan& m_plan;
    std::map<std::size_t, Wait> m_waits; ///< by number of the target
    std::size_t m_targets = 0;
    std::size_t m_latest = 0; ///< target whose try ended last
    std::size_t m_over = 0;
    std::uint64_t m_tries = 0;
    bool m_enough = false;
};

} // namespace sockit
