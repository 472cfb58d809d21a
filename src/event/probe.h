#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "base/histogram.h"
#include "sock/target.h"
#include "sock/tls_facts.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sockit {

/// What a probe learned of its target.
enum class ProbeOutcome : std::uint8_t {
    Open,        ///< connected, and not to ourselves; UDP: a reply
    Refused,     ///< RST; unix: nobody there
    Rejected,    ///< an ICMP error that came over the wire
    Unreachable, ///< no route or no neighbour, says our own stack
    Denied,      ///< local policy: routes, firewall, permissions
    Timeout,     ///< nothing before the limit; unix: the backlog stayed full
    Silent,      ///< UDP: nothing before the limit, so open or filtered
    Reset,       ///< accepted, then ended while it settled or before a byte of an expected answer
    Unresolved,  ///< the resolver has no address
    Mismatch,    ///< bytes came, but not those that were expected
    TlsError,    ///< handshake, verification, or a certificate too near its end
    SelfConnect, ///< simultaneous open with ourselves: nobody listens
    LocalError,  ///< we could not ask
};

constexpr std::size_t probe_outcome_count = 13;

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
    bool each_address = false; ///< one result an address, not a target

    bool operator==(const ProbeStarted&) const = default;
};

/// Spans of one probe; nothing where a phase was not entered.
struct ProbePhases {
    std::optional<Duration> resolve;
    std::optional<Duration> connect;
    std::optional<Duration> tls;        ///< the handshake
    std::optional<Duration> first_byte; ///< from the connection, or TLS, to the first byte
    Duration total{};

    bool operator==(const ProbePhases&) const = default;
};

/// `--label KEY=VALUE`: goes into every record.
using ProbeLabels = std::vector<std::pair<std::string, std::string>>;

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
    std::optional<std::string> banner; ///< the first bytes that came: somebody else's
    std::optional<TlsFacts> tls;       ///< once a handshake was begun
    ProbeLabels labels;
    std::optional<Error> error;

    bool operator==(const ProbeResult&) const = default;
};

/// All tries of one target, `--count`.
struct ProbeStatistics {
    std::string target;
    std::optional<Endpoint> endpoint; ///< of --each-address: one of the target's
    std::uint64_t sent = 0;
    std::uint64_t open = 0;
    std::uint64_t lost = 0; ///< no answer to the first SYN, or none at all
    Histogram kernel_rtt;   ///< of the handshakes whose first SYN was answered
    Histogram connect;      ///< of the same, by our own clock
    ProbeLabels labels;
    bool chart = false; ///< draw the times for a person

    bool operator==(const ProbeStatistics&) const = default;
};

/// How far a run is that asks its targets again and again; for people only.
struct ProbeProgress {
    bool waiting = false;             ///< for the wanted outcome; else it counts
    std::size_t targets = 0;          ///< that are waited for
    std::string target;               ///< whose try ended last; empty: none has ended yet
    std::optional<ProbeOutcome> last; ///< how
    std::optional<Duration> latest;   ///< in what time it was answered
    std::optional<Duration> mean;     ///< of those
    std::uint64_t sent = 0;
    std::uint64_t open = 0;
    std::uint64_t lost = 0;
    Duration elapsed{};

    bool operator==(const ProbeProgress&) const = default;
};

/// One answer on the way to a target, `--trace`.
struct ProbeHop {
    std::string target;
    std::uint8_t ttl = 1;
    std::optional<std::string> from; ///< nothing: nobody answered
    std::optional<Duration> rtt;
    std::optional<IcmpNotice> icmp;      ///< nothing where the target itself answered
    std::optional<ProbeOutcome> outcome; ///< of the last hop: what ended the trace

    bool operator==(const ProbeHop&) const = default;
};

struct ProbeSummary {
    std::size_t total = 0;
    std::size_t ok = 0;
    std::size_t failed = 0;
    std::size_t unfinished = 0; ///< stopped before there was a verdict
    std::array<std::size_t, probe_outcome_count> outcomes{};
    std::size_t requeued =
        0;                 ///< times that one was put off, for want of descriptors, memory, ports
    bool repeated = false; ///< the numbers are those of tries, not of targets
    Duration duration{};
    std::optional<std::string> stopped_by; ///< "SIGINT", "SIGTERM", "deadline"

    [[nodiscard]] std::size_t count(ProbeOutcome outcome) const
    {
        return outcomes[static_cast<std::size_t>(outcome)];
    }
    bool operator==(const ProbeSummary&) const = default;
};

} // namespace sockit
