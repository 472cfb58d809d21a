#pragma once

#include "event/event.h"
#include "op/dialogue.h"
#include "op/socket_plan.h"
#include "sock/sandbox.h"
#include "sock/target_list.h"
#include "sock/tls_context.h"

#include <optional>
#include <vector>

namespace sockit {

constexpr Duration probe_default_timeout = std::chrono::seconds(3);

/// What is asked of a connection once it stands; of UDP, the question itself.
struct ProbeTalkPlan {
    std::optional<Duration> settle; ///< how long an accepted connection must not end without a byte
    bool banner = false;            ///< report the first bytes that come
    DialoguePlan dialogue;
    std::optional<TlsClientPlan> tls;            ///< of tls: targets
    bool tls_for_all = false;                    ///< and of all others
    std::optional<std::int64_t> least_days_left; ///< of the certificate

    bool operator==(const ProbeTalkPlan&) const = default;
};

/// Whether and when targets are asked again.
struct ProbeRoundsPlan {
    std::optional<std::uint64_t> count; ///< tries of each target, all told; 0: until stopped
    std::optional<Duration> wait;       ///< until the outcome is wanted, at most so long
    /// From the begin of a try to that of the next; with `wait` the longest pause between them.
    Duration interval = std::chrono::seconds(1);
    bool wait_for_name = false; ///< a name that does not resolve does not end the waiting
    bool any = false;           ///< one target with the wanted outcome ends the waiting for all
    bool progress = false;      ///< a person looks on
    bool chart = false;         ///< and wants a picture at the end

    bool operator==(const ProbeRoundsPlan&) const = default;
};

struct ProbePlan {
    std::vector<TargetGroup> targets;
    SocketPlan socket;
    Duration timeout = probe_default_timeout; ///< of each target: its name, all of its addresses
    std::optional<Duration> deadline;         ///< of the whole run
    ProbeTalkPlan talk;
    ProbeRoundsPlan rounds;
    bool each_address = false;  ///< every address of a name is a target of its own
    bool trace = false;         ///< the way there, router by router
    std::uint8_t max_hops = 30; ///< and so many routers at most
    ProbeLabels labels;
    unsigned threads = 1;
    std::optional<std::uint64_t> rate;   ///< connections a second, all together
    unsigned retries = 0;                ///< after a timeout
    std::optional<std::size_t> parallel; ///< at once; none: as many as descriptors allow, to 1000
    ProbeOutcomes want;
    std::optional<SandboxPlan> sandbox;

    bool operator==(const ProbePlan&) const = default;
};

struct ProbeEnd {
    ProbeSummary summary;
    std::optional<ProbeResult> first_failed;
    std::optional<int> signal; ///< SIGINT or SIGTERM stopped it
};

/// Connects to every target, many at once, and tells of each what the kernel knows: emits
/// ProbeStarted, with `trace` a ProbeHop for each on the way, a ProbeResult as each verdict is
/// found, and ProbeSummary at the end, also after SIGINT and SIGTERM. All addresses of a name are
/// tried until one is open; else the verdict is the most telling one. Shortages of ours
/// (descriptors, source ports) delay a probe and become LocalError only after retries. At the
/// deadline what is under way is a timeout, and what was not begun stays unfinished. Errors: no
/// loop or signals to be had; those of TlsContext::client().
Result<ProbeEnd> probe(const ProbePlan& plan, const Emit& emit);

} // namespace sockit
