#include "op/echo_report.h"

#include "sock/tcp_info.h"

#include <algorithm>
#include <utility>

#include <sys/resource.h>

namespace sockit {

namespace {

Duration span_of(const timeval& time)
{
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// Busier than that, and over a time that the kernel's accounting can tell, the client is the
/// limit.
constexpr double bound_share = 0.9;
constexpr auto shortest_judged = std::chrono::milliseconds(50);

} // namespace

EchoSettings echo_settings(const EchoClientPlan& plan)
{
    EchoSettings settings;
    settings.timeout = plan.timeout;
    settings.lines = !plan.load;
    if (!plan.load)
        return settings;
    settings.connections = plan.load->connections;
    settings.count = plan.load->count;
    settings.duration = plan.load->duration;
    settings.sizes = plan.load->sizes.text();
    settings.seed = plan.load->seed;
    settings.verify = plan.load->verify;
    settings.warmup = plan.load->warmup;
    settings.threads = plan.load->threads;
    settings.rate = plan.load->rate;
    settings.pipeline = plan.load->pipeline;
    settings.reconnect = plan.load->reconnect;
    settings.connect_rate = plan.load->connect_rate;
    return settings;
}

EchoReport::EchoReport(const EchoClientPlan& plan) : m_target(plan.target.text)
{
    m_summary.settings = echo_settings(plan);
    m_summary.corrected = plan.load && plan.load->rate;
    start_measuring(Clock::now());
}

CpuTime EchoReport::cpu_time()
{
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return {.user = span_of(usage.ru_utime), .system = span_of(usage.ru_stime)};
}

void EchoReport::start_measuring(Clock::time_point from)
{
    m_cpu_before = cpu_time();
    m_from = from;
    m_last = std::max(m_last, from);
}

void EchoReport::stop_measuring()
{
    if (!m_cpu_before)
        return;
    const CpuTime now = cpu_time();
    m_summary.cpu = {.user = now.user - m_cpu_before->user,
                     .system = now.system - m_cpu_before->system};
    m_cpu_before.reset();
    const Duration elapsed = m_last - m_from;
    const auto busy = static_cast<double>((m_summary.cpu.user + m_summary.cpu.system).count());
    if (elapsed >= shortest_judged)
        m_busiest = busy / static_cast<double>(elapsed.count());
    next_part();
}

void EchoReport::add_late(const EchoMessage& message)
{
    m_summary.flaws.add({.flaw = EchoFlaw::Lost,
                         .connection = message.connection,
                         .sequence = message.sequence,
                         .offset = 0,
                         .expected = {},
                         .actual = {}});
}

void EchoReport::add_failure(const Error& error)
{
    Error named = error;
    if (named.subject.empty())
        named.subject = m_target;
    ++m_summary.errors[code_name(named)];
    note_failure(std::move(named));
}

/// Each reason once.
void EchoReport::note_failure(Error error)
{
    const bool known = std::ranges::any_of(m_failures, [&](const Error& other) {
        return other.phase == error.phase && other.domain == error.domain &&
               other.code == error.code;
    });
    if (!known)
        m_failures.push_back(std::move(error));
}

void EchoReport::sample(FdRef socket, bool last)
{
    if (!socket.valid())
        return;
    const auto info = read_tcp_info(socket);
    if (!info)
        return; // only TCP has one
    if (last)
        m_summary.retransmits = m_summary.retransmits.value_or(0) + info->total_retrans;
    if (!info->rtt_ns)
        return;
    m_rtt_sum += Duration(*info->rtt_ns);
    m_summary.rtt = m_rtt_sum / ++m_rtt_samples;
}

void EchoReport::add_end()
{
    ++m_summary.errors["EOF"];
    m_peer_ended = true;
}

EchoInterval EchoReport::next_part()
{
    m_summary.messages += m_part.messages;
    m_summary.bytes += m_part.bytes;
    m_summary.latency.add(m_part.latency);
    m_part.flaws = m_summary.flaws.total() - m_flaws_before;
    m_flaws_before += m_part.flaws;
    return std::exchange(m_part, {});
}

void EchoReport::add(EchoReport other)
{
    const EchoSummary& found = other.m_summary;
    m_summary.messages += found.messages;
    m_summary.bytes += found.bytes;
    m_summary.connects += found.connects;
    m_summary.latency.add(found.latency);
    m_summary.service.add(found.service);
    m_summary.flaws.add(found.flaws);
    for (const auto& [code, count] : found.errors)
        m_summary.errors[code] += count;
    if (found.retransmits)
        m_summary.retransmits = m_summary.retransmits.value_or(0) + *found.retransmits;
    m_summary.cpu.user += found.cpu.user;
    m_summary.cpu.system += found.cpu.system;
    m_rtt_sum += other.m_rtt_sum;
    m_rtt_samples += other.m_rtt_samples;
    if (m_rtt_samples > 0)
        m_summary.rtt = m_rtt_sum / m_rtt_samples;
    for (auto& failure : other.m_failures)
        note_failure(std::move(failure));
    m_peer_ended = m_peer_ended || other.m_peer_ended;
    m_from = std::min(m_from, other.m_from);
    m_last = std::max(m_last, other.m_last);
    m_busiest = std::max(m_busiest, other.m_busiest);
}

EchoClientEnd EchoReport::finish(const OpLoop& loop, const Emit& emit)
{
    stop_measuring();
    m_summary.duration = m_last - m_from;
    m_summary.client_bound = m_busiest >= bound_share;
    m_summary.stopped_by = loop.stopped_by();
    emit(m_summary);
    EchoClientEnd end{.flaws = m_summary.flaws.total(),
                      .failures = std::move(m_failures),
                      .peer_ended = m_peer_ended,
                      .deadline_passed = loop.deadline_passed(),
                      .signal = loop.signal()};
    if (!m_summary.flaws.details.empty())
        end.first_flaw = m_summary.flaws.details.front();
    return end;
}

} // namespace sockit
