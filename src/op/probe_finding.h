#pragma once

#include "event/probe.h"

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

} // namespace sockit
