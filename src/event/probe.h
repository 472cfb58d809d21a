#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "sock/target.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sockit {

/// What a probe learned of its target.
enum class ProbeOutcome : std::uint8_t {
    Open,        ///< connected, and not to ourselves
    Refused,     ///< RST; unix: nobody there
    Rejected,    ///< an ICMP error that came over the wire
    Unreachable, ///< no route or no neighbour, says our own stack
    Denied,      ///< local policy: routes, firewall, permissions
    Timeout,     ///< nothing before the limit; unix: the backlog stayed full
    Reset,       ///< accepted, then ended while we watched it settle
    Unresolved,  ///< the resolver has no address
    SelfConnect, ///< simultaneous open with ourselves: nobody listens
    LocalError,  ///< we could not ask
};

constexpr std::size_t probe_outcome_count = 10;

/// "open", "refused", …, "self-connect", "local-error".
std::string_view probe_outcome_name(ProbeOutcome outcome);

/// All of them in the order of the enumeration.
std::span<const ProbeOutcome> all_probe_outcomes();

using ProbeOutcomes = std::bitset<probe_outcome_count>;

inline bool contains(const ProbeOutcomes& set, ProbeOutcome outcome)
{
    return set.test(static_cast<std::size_t>(outcome));
}

/// The run begins: nothing has been asked yet.
struct ProbeStarted {
    std::size_t targets = 0;
    std::size_t parallel = 0; ///< at most so many at once
    Duration timeout{};
    ProbeOutcomes want;

    bool operator==(const ProbeStarted&) const = default;
};

/// Spans of one probe; nothing where a phase was not entered.
struct ProbePhases {
    std::optional<Duration> resolve;
    std::optional<Duration> connect;
    Duration total{};

    bool operator==(const ProbePhases&) const = default;
};

/// The verdict about one target, with its evidence.
struct ProbeResult {
    std::string target;               ///< as typed, one port of a list
    std::optional<Endpoint> endpoint; ///< the address the verdict is about
    Transport transport = Transport::Tcp;
    ProbeOutcome outcome = ProbeOutcome::LocalError;
    bool ok = false; ///< `outcome` is among `want`
    ProbeOutcomes want;
    std::uint32_t attempt = 1;
    ProbePhases phases;
    std::optional<Duration> kernel_rtt; ///< the kernel's own measurement of the handshake
    std::optional<std::uint32_t> syn_retransmits;
    bool sync = false; ///< connect() itself returned the verdict
    std::optional<Endpoint> source;
    std::optional<Error> error;

    bool operator==(const ProbeResult&) const = default;
};

struct ProbeSummary {
    std::size_t total = 0;
    std::size_t ok = 0;
    std::size_t failed = 0;
    std::size_t unfinished = 0; ///< stopped before there was a verdict
    std::array<std::size_t, probe_outcome_count> outcomes{};
    Duration duration{};
    std::optional<std::string> stopped_by; ///< "SIGINT", "SIGTERM", "deadline"

    [[nodiscard]] std::size_t count(ProbeOutcome outcome) const
    {
        return outcomes[static_cast<std::size_t>(outcome)];
    }
    bool operator==(const ProbeSummary&) const = default;
};

} // namespace sockit
