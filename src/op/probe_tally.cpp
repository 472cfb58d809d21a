#include "op/probe_tally.h"

#include <algorithm>

namespace sockit {

namespace {

/// Nobody spoke for the target. (A router's message is an answer, and what never left this host was
/// no question.)
bool is_lost(const ProbeResult& result)
{
    return result.syn_retransmits.value_or(0) > 0 || result.outcome == ProbeOutcome::Timeout ||
           result.outcome == ProbeOutcome::Silent || result.outcome == ProbeOutcome::Unreachable;
}

/// How long the target itself took to answer, whatever it answered.
std::optional<Duration> answered_in(const ProbeResult& result)
{
    switch (result.outcome) {
    case ProbeOutcome::Open:
    case ProbeOutcome::Refused:
    case ProbeOutcome::Reset:
    case ProbeOutcome::Mismatch:
    case ProbeOutcome::TlsError: break;
    default: return std::nullopt;
    }
    return result.transport == Transport::Udp ? result.phases.first_byte : result.phases.connect;
}

bool is_last(const ProbeRoundsPlan& rounds, std::uint32_t attempt)
{
    return *rounds.count != 0 && attempt >= *rounds.count;
}

bool has_no_name(const ProbeResult& result)
{
    return result.error && result.error->phase == Phase::Resolve;
}

} // namespace

std::size_t ProbeTally::most_at_once(std::size_t targets) const
{
    const auto& rounds = m_plan.rounds;
    if (rounds.interval == Duration::zero())
        return targets;
    constexpr Duration::rep most = 1000;
    auto each = static_cast<std::size_t>(std::min(m_plan.timeout / rounds.interval, most)) + 2;
    if (*rounds.count != 0)
        each = std::min<std::size_t>(each, *rounds.count);
    return targets * each;
}

std::optional<Clock::time_point> ProbeTally::begun(std::size_t number, std::uint32_t attempt)
{
    const auto& rounds = m_plan.rounds;
    const auto now = Clock::now();
    Clock::time_point& due = m_series[number].due;
    if (attempt == 1)
        due = now;
    if (rounds.interval == Duration::zero() || is_last(rounds, attempt))
        return std::nullopt;
    due += rounds.interval;
    if (due < now) // points that were missed stay missed: no burst makes up for them
        due += ((now - due) / rounds.interval + 1) * rounds.interval;
    return due;
}

ProbeNext ProbeTally::after(std::size_t number, const ProbeResult& result)
{
    count(m_series[number], result);
    ProbeNext next{.ask_name = has_no_name(result)};
    if (m_plan.rounds.interval == Duration::zero() && !is_last(m_plan.rounds, result.attempt))
        next.again = Clock::now();
    return next;
}

ProbeNext ProbeTally::cut(std::size_t number, const ProbeResult& result)
{
    Series& series = m_series[number];
    if (series.statistics.sent > 0)
        return {.tell = false};
    count(series, result);
    return {};
}

void ProbeTally::count(Series& series, const ProbeResult& result)
{
    ProbeStatistics& statistics = series.statistics;
    statistics.target = result.target;
    if (m_plan.each_address)
        statistics.endpoint = result.endpoint;
    m_progress.target = result.target;
    m_progress.last = result.outcome;
    m_progress.latest.reset();
    ++statistics.sent;
    ++m_progress.sent;
    if (result.outcome == ProbeOutcome::Open) {
        ++statistics.open;
        ++m_progress.open;
    }
    if (is_lost(result)) {
        ++statistics.lost;
        ++m_progress.lost;
        return;
    }
    if (const auto time = answered_in(result)) {
        statistics.connect.record(*time);
        m_progress.latest = time;
        m_answered_in += *time;
        ++m_answers;
    }
    if (result.kernel_rtt)
        statistics.kernel_rtt.record(*result.kernel_rtt);
}

ProbeProgress ProbeTally::progress() const
{
    auto progress = m_progress;
    if (m_answers > 0)
        progress.mean = m_answered_in / static_cast<Duration::rep>(m_answers);
    return progress;
}

void ProbeTally::finish(const Emit& emit, ProbeSummary& summary) const
{
    constexpr std::size_t most_charts = 4;
    std::size_t untold = summary.total;
    for (const auto& [number, series] : m_series) {
        if (series.statistics.sent == 0)
            continue;
        --untold;
        auto statistics = series.statistics;
        statistics.labels = m_plan.labels;
        statistics.chart = m_plan.rounds.chart && m_series.size() <= most_charts;
        emit(statistics);
    }
    summary.repeated = true;
    summary.total = summary.ok + summary.failed + untold;
}

} // namespace sockit
