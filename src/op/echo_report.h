#pragma once

#include "base/fd.h"
#include "op/echo_client.h"
#include "op/echo_payload.h"
#include "op/op_loop.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Gathers what one thread of the echo client finds, and makes the summary of it, or of what
/// several found.
class EchoReport {
public:
    explicit EchoReport(const EchoClientPlan& plan);

    [[nodiscard]] EchoFlaws& flaws() { return m_summary.flaws; }
    /// Messages that should be sent from `from` on are added. The calling thread's CPU time counts
    /// from this call on.
    void start_measuring(Clock::time_point from);
    /// Until this one, by the same thread.
    void stop_measuring();

    void add_echo(std::uint32_t size, Clock::time_point begun, Clock::time_point answered)
    {
        ++m_part.messages;
        m_part.bytes += size;
        m_part.latency.record(answered - begun);
        m_last = answered;
    }
    /// Where the send was not when it should have been.
    void add_service(Duration service) { m_summary.service.record(service); }
    /// A right echo that came after the timeout.
    void add_late(const EchoMessage& message);
    /// A connection could not be made, or broke.
    void add_failure(const Error& error);
    /// The peer ended the connection although nothing was outstanding.
    void add_end();
    void add_connect() { ++m_summary.connects; }
    /// Adds what the kernel measured on a connection, if it is TCP and open; its retransmits only
    /// if it is the `last` time.
    void sample(FdRef socket, bool last = true);

    /// When the last echo was complete.
    [[nodiscard]] Clock::time_point last() const { return m_last; }
    /// What came since the last call, or since the measuring began.
    EchoInterval next_part();
    /// What another thread has found.
    void add(EchoReport other);
    void set_server_cpu(const CpuTime& cpu) { m_summary.server_cpu = cpu; }

    /// Emits the summary.
    EchoClientEnd finish(const OpLoop& loop, const Emit& emit);

private:
    static CpuTime cpu_time();
    void note_failure(Error error);

    EchoSummary m_summary;
    EchoInterval m_part;              ///< not yet in the summary
    std::uint64_t m_flaws_before = 0; ///< the part
    std::string m_target;
    std::vector<Error> m_failures;
    bool m_peer_ended = false;
    Clock::time_point m_from;
    Clock::time_point m_last;
    std::optional<CpuTime> m_cpu_before; ///< while it is measured
    double m_busiest = 0;                ///< share of its time that a thread was busy
    Duration m_rtt_sum{};
    std::int64_t m_rtt_samples = 0;
};

} // namespace sockit
