#include "op/probe_trace.h"

#include <algorithm>
#include <cerrno>

namespace sockit {

namespace {

constexpr std::size_t window = 8;
/// Each hop's part of the time: four windows of eight hold the usual thirty hops.
constexpr int shares = 4;
/// How long hops before the end are waited for once the end has answered.
constexpr Duration least_wait = std::chrono::milliseconds(250);
constexpr int slower_than_the_end = 3;

/// A router dropped the packet since it had come far enough: ICMP time exceeded in transit.
bool is_on_the_way(const Finding& finding)
{
    if (!finding.error || !finding.error->icmp)
        return false;
    const IcmpNotice& icmp = *finding.error->icmp;
    constexpr std::uint8_t exceeded = 11;   // RFC 792
    constexpr std::uint8_t exceeded_v6 = 3; // RFC 4443
    return icmp.code == 0 && icmp.type == (icmp.v6 ? exceeded_v6 : exceeded);
}

bool is_answer_of_target(ProbeOutcome outcome)
{
    return outcome == ProbeOutcome::Open || outcome == ProbeOutcome::Refused ||
           outcome == ProbeOutcome::Reset || outcome == ProbeOutcome::SelfConnect;
}

/// Nothing where a SYN was lost: nobody knows which one was answered.
std::optional<Duration> round_trip(const Finding& finding)
{
    return finding.syn_retransmits.value_or(0) == 0 ? finding.connect : std::nullopt;
}

} // namespace

ProbeTrace::ProbeTrace(const Target& target, const Endpoint& to, const ProbePlan& plan,
                       const Deadline& limit, Poller& poller, const Emit& hops, const Emit& options)
    : m_target(target), m_to(to), m_plan(plan), m_limit(limit), m_poller(poller), m_hop_emit(hops),
      m_option_emit(options), m_patience(plan.timeout / shares), m_window(window)
{
    m_hops.reserve(plan.max_hops);
}

Result<> ProbeTrace::proceed(std::span<const Ready> news)
{
    for (const auto& ready : news) {
        if (ready.token >= m_hops.size() || !m_hops[ready.token].is_open())
            continue;
        if (auto finding = m_hops[ready.token].attempt.check())
            take(ready.token, *std::move(finding));
    }
    if (m_limit.passed())
        look_at_the_end();
    TRY(begin_some());
    tell();
    return {};
}

Result<> ProbeTrace::begin_some()
{
    while (!m_over && !m_end && m_hops.size() < m_plan.max_hops && awaited() < m_window)
        TRY(begin_one());
    return {};
}

Result<> ProbeTrace::begin_one()
{
    static const Emit nobody = [](const Event& /*event*/) { return true; };
    const std::size_t index = m_hops.size();
    SocketPlan plan = m_plan.socket;
    plan.hop_limit = static_cast<std::uint8_t>(index + 1);
    const auto others = awaited();
    Hop& hop = m_hops.emplace_back();
    Socket spare;
    auto finding = hop.attempt.start(m_target.transport, m_to, plan, spare,
                                     index == 0 ? m_option_emit : nobody);
    if (finding && finding->pressure && others > 0) {
        m_hops.pop_back(); // once one of the others is settled there is room again
        m_window = others;
        return {};
    }
    hop.patience = Deadline::after(m_patience);
    if (!finding)
        return m_poller.add(hop.attempt.ref(), index, {.write = true});
    take(index, *std::move(finding));
    return {};
}

void ProbeTrace::close(ProbeAttempt& attempt)
{
    if (!attempt.socket().valid())
        return;
    m_poller.remove(attempt.ref());
    Socket spare; // one with a hop limit is of no use to others
    attempt.close(spare, false);
}

void ProbeTrace::take(std::size_t index, Finding finding)
{
    Hop& hop = m_hops[index];
    close(hop.attempt);
    if (finding.outcome == ProbeOutcome::Timeout)
        return; // the kernel gave up before us
    const bool goes_on = is_on_the_way(finding);
    const auto wait =
        std::max(least_wait, slower_than_the_end * finding.connect.value_or(Duration::zero()));
    hop.answer = std::move(finding);
    if (goes_on || (m_end && *m_end < index))
        return;
    m_end = index;
    for (std::size_t before = 0; before < index; ++before)
        m_hops[before].patience = sooner(m_hops[before].patience, Deadline::after(wait));
    for (std::size_t behind = index + 1; behind < m_hops.size(); ++behind)
        close(m_hops[behind].attempt);
}

/// The limit has passed.
void ProbeTrace::look_at_the_end()
{
    const auto is_open = [](const Hop& hop) { return hop.is_open(); };
    const auto first = std::ranges::find_if(m_hops, is_open);
    if (first != m_hops.end() && first->attempt.awaits_neighbour() && !m_extended) {
        m_extended = true;
        m_limit = Deadline::after(neighbour_grace);
        return;
    }
    for (std::size_t index = 0; index < m_hops.size(); ++index)
        if (m_hops[index].is_open())
            take(index, m_hops[index].attempt.time_out());
    m_over = true;
}

/// Mute hops are told only once there is something behind them: what is mute to the end may yet be
/// our own stack, which takes its time to find that there is no neighbour.
void ProbeTrace::tell()
{
    while (m_told < m_hops.size() && is_settled(m_told)) {
        tell(m_told);
        m_done = ends(m_told++);
        if (m_done)
            return;
    }
    m_done = m_over || m_told == m_plan.max_hops;
}

bool ProbeTrace::is_settled(std::size_t index) const
{
    const Hop& hop = m_hops[index];
    if (hop.answer || m_over)
        return true;
    const auto behind = std::span(m_hops).subspan(index + 1);
    return !hop.is_awaited() &&
           std::ranges::any_of(behind, [](const Hop& other) { return other.answer.has_value(); });
}

void ProbeTrace::tell(std::size_t index) const
{
    ProbeHop event{.target = m_target.text, .ttl = static_cast<std::uint8_t>(index + 1)};
    if (const auto& answer = m_hops[index].answer) {
        if (answer->error)
            event.icmp = answer->error->icmp;
        if (event.icmp)
            event.from = event.icmp->from;
        else if (is_answer_of_target(answer->outcome))
            event.from = m_to.address();
        if (event.from)
            event.rtt = round_trip(*answer);
        if (ends(index))
            event.outcome = answer->outcome;
    }
    m_hop_emit(event);
}

std::size_t ProbeTrace::awaited() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(m_hops, [](const Hop& hop) { return hop.is_awaited(); }));
}

Deadline ProbeTrace::wake_at() const
{
    Deadline first = m_limit;
    for (const auto& hop : m_hops)
        if (hop.is_awaited())
            first = sooner(first, hop.patience);
    return first;
}

Finding ProbeTrace::finding() const
{
    if (m_end)
        return *m_hops[*m_end].answer;
    auto error = Error::from_errno(Phase::Connect, "connect", m_to.text(), ETIMEDOUT);
    if (!m_over)
        error.detail =
            "not reached within " + std::to_string(m_told) + (m_told == 1 ? " hop" : " hops");
    auto finding = found_without_socket(std::move(error));
    finding.endpoint = m_to;
    return finding;
}

} // namespace sockit
