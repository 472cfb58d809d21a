#pragma once

#include "op/probe.h"

#include <optional>

namespace sockit {

/// How an attempt to connect to one address ended, and what was said over the connection.
struct Finding {
    ProbeOutcome outcome = ProbeOutcome::LocalError;
    bool pressure = false; ///< is_pressure(): worth asking again
    std::optional<Endpoint> endpoint;
    std::optional<Error> error;
    bool sync = false;
    std::optional<Duration> connect;
    std::optional<Duration> tls;
    std::optional<Duration> first_byte;
    std::optional<Duration> kernel_rtt;
    std::optional<std::uint32_t> syn_retransmits;
    std::optional<Endpoint> source;
    std::optional<std::string> banner;
    std::optional<TlsFacts> facts; ///< of the TLS session
};

/// The finding as the verdict about the target: `begun` once its name was resolved, which took
/// `resolve`.
ProbeResult result_of(Finding finding, const Target& target, const ProbePlan& plan,
                      std::optional<Duration> resolve, Clock::time_point begun);

} // namespace sockit
