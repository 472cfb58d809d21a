#pragma once

#include "base/fd.h"
#include "op/echo_client.h"
#include "op/echo_payload.h"
#include "op/op_loop.h"

namespace sockit {

/// Gathers what the echo client finds, and makes the summary of it.
class EchoReport {
public:
    explicit EchoReport(const EchoClientPlan& plan);

    [[nodiscard]] EchoFlaws& flaws() { return m_summary.flaws; }
    /// Messages begun from `from` on are added. CPU time counts from this call on.
    void start_measuring(Clock::time_point from);
    void add_echo(std::uint32_t size, Clock::time_point begun, Clock::time_point answered)
    {
        ++m_summary.messages;
        m_summary.bytes += size;
        m_summary.latency.record(answered - begun);
        m_last = answered;
    }
    /// A right echo that came after the timeout.
    void add_late(const EchoMessage& message);
    /// A connection could not be made, or broke.
    void add_failure(const Error& error);
    /// The peer ended the connection although nothing was outstanding.
    void add_end();
    /// Adds what the kernel measured on a connection, if it is TCP and open.
    void sample(FdRef socket);

    /// Emits the summary.
    EchoClientEnd finish(const OpLoop& loop, const Emit& emit);

private:
    static CpuTime cpu_time();

    EchoSummary m_summary;
    std::string m_target;
    std::vector<Error> m_failures;
    bool m_peer_ended = false;
    Clock::time_point m_from;
    Clock::time_point m_last;
    CpuTime m_cpu_before{};
    Duration m_rtt_sum{};
    std::int64_t m_rtt_samples = 0;
};

} // namespace sockit
