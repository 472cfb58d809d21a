#include "op/probe_task.h"

#include "op/backoff.h"
#include "op/verdict.h"

#include <algorithm>
#include <ranges>

namespace sockit {

namespace {

/// A unix listener without room in its backlog is asked again after 5, 10, 20, 20 … ms.
constexpr unsigned longest_backlog_pause = 2;

/// From other source ports a false alarm passes at once.
constexpr unsigned most_encounters = 3;

/// connect() says it at once, so that nothing can be waited for but time (unix(7), EAGAIN).
bool is_backlog_full(const Finding& finding)
{
    return finding.outcome == ProbeOutcome::Timeout && finding.sync;
}

} // namespace

ProbeTask::Step ProbeTask::begin(ProbeQueue::Item item, const ProbeRun& run)
{
    m_plan = &run.plan;
    m_item = std::move(item);
    const LookupAnswer& answer = *m_item.answer;
    m_begun = Clock::now();
    m_budget = run.plan.timeout - answer.took.value_or(Duration::zero());
    if (m_item.target.transport == Transport::Udp)
        m_budget = std::min(m_budget, connect_limit(run.plan));
    start_limits();
    m_patience = run.plan.rounds.wait ? Deadline::after(wait_patience) : Deadline();
    m_addresses.clear();
    m_again.clear();
    m_best.reset();
    m_pending.reset();
    m_talk.reset();
    m_pauses = 0;
    m_retries = 0;
    m_encounters = 0;
    if (!answer.addresses) {
        Error error = answer.addresses.error();
        error.subject = m_item.target.text;
        keep(found_without_socket(std::move(error)));
        return m_step = {};
    }
    // A group of targets has one answer; each of a range has an address of its own.
    using Addresses = std::span<const Endpoint>;
    take_addresses(m_item.target.endpoint ? Addresses(&*m_item.target.endpoint, 1)
                                          : Addresses(*answer.addresses),
                   run.plan.socket.source);
    return hurried(advance(run));
}

/// While an outcome is waited for, a question without an answer is not waited for alone. (What was
/// answered by an accepted connection is: others would only add to the load.)
ProbeTask::Step ProbeTask::hurried(Step step)
{
    const bool unanswered = m_item.target.transport == Transport::Udp
                                ? step.wait == Wait::Readable
                                : step.wait == Wait::Writable && !m_talk;
    if (unanswered && m_patience.is_set())
        step.until = sooner(step.until, m_patience);
    return step;
}

/// Of several addresses a source reaches those of its own family only, if there are any.
void ProbeTask::take_addresses(std::span<const Endpoint> known,
                               const std::optional<Endpoint>& source)
{
    const auto reachable = [&](const Endpoint& address) {
        return !source || source->family() == address.family();
    };
    const bool all = std::ranges::none_of(known, reachable);
    for (const auto& address : std::views::reverse(known)) {
        if (!all && !reachable(address))
            continue;
        m_addresses.push_back(address);
        m_addresses.back().set_port(m_item.target.port);
    }
}

ProbeTask::Step ProbeTask::ready(const ProbeRun& run)
{
    if (m_talk)
        return hurried(follow(m_talk->ready(), run));
    auto finding = m_attempt.check();
    return hurried(finding ? go_on(*std::move(finding), run) : m_step);
}

ProbeTask::Step ProbeTask::expired(const ProbeRun& run)
{
    if (m_patience.passed() && m_step.until.is_set() && !m_step.until.passed()) {
        m_patience = {};
        auto step = m_step;
        step.another = true;
        step.requeued = false; // not once more
        return step;
    }
    return hurried(run_out(run));
}

void ProbeTask::start_limits()
{
    m_limit = Deadline::after(m_budget);
    m_connected_by = sooner(m_limit, Deadline::after(connect_limit(*m_plan)));
}

ProbeTask::Step ProbeTask::run_out(const ProbeRun& run)
{
    if (m_talk)
        return follow(m_talk->expired(), run);
    if (m_step.wait == Wait::Writable) {
        if (m_attempt.awaits_neighbour())
            return m_step = {.wait = Wait::Writable, .until = Deadline::after(neighbour_grace)};
        return go_on(m_attempt.time_out(), run);
    }
    if (m_pending->pressure) // time that we had nothing to ask with is not the target's
        start_limits();
    return advance(run);
}

void ProbeTask::abandon()
{
    if (m_talk)
        keep(m_talk->give_up());
    else if (m_step.wait == Wait::Writable)
        keep(m_attempt.time_out());
    else if (m_pending)
        keep(*std::move(m_pending));
    m_talk.reset();
    m_step = {};
}

/// Another attempt at the current address.
std::optional<Finding> ProbeTask::start(const ProbeRun& run)
{
    close(run);
    ++m_serial;
    const Endpoint& to = m_addresses.back();
    if (to.is_inet()) {
        m_asked = to.port();
        run.encounters.begin(*m_asked);
    }
    return m_attempt.start(m_item.target.transport, to, run.plan.socket, run.spare, run.emit);
}

void ProbeTask::close(const ProbeRun& run)
{
    m_attempt.close(run.spare, run.reset_when_open);
    if (m_asked)
        run.encounters.end(*m_asked);
    m_asked.reset();
}

/// Tries one address after the other, until there is something to wait for or the verdict.
ProbeTask::Step ProbeTask::advance(const ProbeRun& run)
{
    while (!m_addresses.empty()) {
        auto finding = start(run);
        if (!finding)
            return m_step = {.wait = Wait::Writable, .until = share_of(m_connected_by)};
        if (const auto step = judge(*std::move(finding), run))
            return *step;
    }
    return retry_or_end(run);
}

/// An address that stays mute leaves the others their share of the time.
Deadline ProbeTask::share_of(const Deadline& limit) const
{
    if (m_addresses.size() == 1)
        return limit;
    const auto left = limit.remaining().value_or(m_budget);
    return Deadline::after(left / static_cast<Duration::rep>(m_addresses.size()));
}

ProbeTask::Step ProbeTask::go_on(Finding finding, const ProbeRun& run)
{
    if (const auto step = judge(std::move(finding), run))
        return *step;
    return advance(run);
}

ProbeTask::Step ProbeTask::follow(ProbeTalk::Progress progress, const ProbeRun& run)
{
    if (const auto* step = std::get_if<ProbeTalk::Step>(&progress)) {
        const bool reads = step->wait == ProbeTalk::Wait::Readable;
        return m_step = {.wait = reads ? Wait::Readable : Wait::Writable, .until = step->until};
    }
    return take_verdict(std::get<Finding>(std::move(progress)), run);
}

/// The talk is over.
ProbeTask::Step ProbeTask::take_verdict(Finding finding, const ProbeRun& run)
{
    m_talk.reset();
    if (finding.outcome == ProbeOutcome::Open)
        return end(std::move(finding));
    return go_on(std::move(finding), run);
}

/// What follows from the end of the current address's attempt; nothing: try the next address.
std::optional<ProbeTask::Step> ProbeTask::judge(Finding finding, const ProbeRun& run)
{
    if (finding.outcome == ProbeOutcome::Open && finding.source &&
        run.encounters.is_possible(*finding.source, *finding.endpoint)) {
        if (m_encounters++ < most_encounters)
            return advance(run);
        finding.outcome = ProbeOutcome::SelfConnect;
    }
    if (finding.outcome == ProbeOutcome::Open) {
        if (!ProbeTalk::wanted(run.plan, m_item.target.transport))
            return end(std::move(finding));
        // Who has accepted has all of the time; a datagram may have reached nobody.
        const bool stands = socket_type(m_item.target.transport) != SOCK_DGRAM;
        m_talk = ProbeTalk::make({m_attempt, m_item.target, run.plan, run.tls}, std::move(finding),
                                 stands ? m_limit : share_of(m_limit));
        return follow(m_talk->begin(), run);
    }
    close(run);
    if (is_backlog_full(finding) && !m_limit.passed()) {
        const auto delay = pressure_delay(std::min(m_pauses++, longest_backlog_pause));
        m_pending = std::move(finding);
        return m_step = {.wait = Wait::Pause, .until = sooner(m_limit, Deadline::after(delay))};
    }
    const bool shortage = finding.pressure && is_shortage(*finding.error);
    if (shortage && may_wait(run)) {
        m_pending = std::move(finding);
        return pause(true);
    }
    if (finding.pressure && !shortage) {
        m_pending = finding;
        m_again.push_back(m_addresses.back());
    }
    keep(std::move(finding));
    m_addresses.pop_back();
    return std::nullopt;
}

/// No address is left: those for which there was no source port are tried once more.
ProbeTask::Step ProbeTask::retry_or_end(const ProbeRun& run)
{
    if (m_again.empty() || !may_wait(run))
        return m_step = {};
    m_addresses.assign(m_again.rbegin(), m_again.rend());
    m_again.clear();
    return pause(false);
}

ProbeTask::Step ProbeTask::pause(bool shortage)
{
    const auto delay = pressure_delay(std::min(m_pauses++, pressure_retries - 1));
    return m_step = {.wait = Wait::Pause,
                     .until = Deadline::after(delay),
                     .shortage = shortage,
                     .requeued = true};
}

ProbeTask::Step ProbeTask::end(Finding finding)
{
    keep(std::move(finding));
    return m_step = {};
}

/// Whether what we are short of may come back: surely while others of ours hold some of it, a few
/// times else.
bool ProbeTask::may_wait(const ProbeRun& run)
{
    return run.holds_resources || m_retries++ < pressure_retries;
}

/// Keeps the more telling of the findings.
void ProbeTask::keep(Finding finding)
{
    if (!m_best || weight(finding.outcome) > weight(m_best->outcome))
        m_best = std::move(finding);
}

ProbeResult ProbeTask::take_result()
{
    auto result =
        result_of(std::move(*m_best), m_item.target, *m_plan, m_item.answer->took, m_begun);
    if (result.transport == Transport::Tcp && speaks_tls(m_plan->talk, result.transport))
        result.transport = Transport::Tls;
    return result;
}

} // namespace sockit
