#pragma once

#include "base/deadline.h"
#include "op/probe.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace sockit {

/// What follows the end of a try.
struct ProbeNext {
    bool tell = true;
    std::optional<Clock::time_point> again; ///< nothing: the target is done
    bool ask_name = false;                  ///< the resolver is to be asked once more before that
    bool over = false;                      ///< other tries of this target no longer matter
};

/// Tries on a fixed grid, each of them told and counted, `--count`. A slow try shifts no other: the
/// next one begins beside it.
class ProbeTally {
public:
    explicit ProbeTally(const ProbePlan& plan) : m_plan(plan) {}

    [[nodiscard]] std::size_t most_at_once(std::size_t targets) const;
    std::optional<Clock::time_point> begun(std::size_t number, std::uint32_t attempt);
    ProbeNext after(std::size_t number, const ProbeResult& result);
    /// A try that the end of the run cut short counts only where there is no other: it says nothing
    /// of the target.
    ProbeNext cut(std::size_t number, const ProbeResult& result);

    [[nodiscard]] ProbeProgress progress() const;
    void finish(const Emit& emit, ProbeSummary& summary) const;

private:
    struct Series {
        ProbeStatistics statistics;
        Clock::time_point due; ///< of the next try
    };

    void count(Series& series, const ProbeResult& result);

    const ProbePlan& m_plan;
    std::map<std::size_t, Series> m_series; ///< by number of the target
    ProbeProgress m_progress;
    Duration m_answered_in{}; ///< the sum behind the mean of m_progress
    std::uint64_t m_answers = 0;
};

} // namespace sockit
