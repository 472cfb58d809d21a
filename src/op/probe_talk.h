#pragma once

#include "base/deadline.h"
#include "op/probe.h"
#include "op/probe_attempt.h"
#include "op/probe_finding.h"

#include <memory>
#include <variant>

namespace sockit {

/// What a talk is about. All of it outlives the talk.
struct ProbeTalkScene {
    const ProbeAttempt& attempt;
    const Target& target;
    const ProbePlan& plan;
    const TlsContext* tls = nullptr; ///< where the plan wants any
};

/// What a probe wants of a connection once it stands: that it stays, a TLS handshake, an answer.
/// Never blocks: while it waits for something, ready() or expired() follow.
class ProbeTalk {
public:
    enum class Wait : std::uint8_t { Readable, Writable };
    struct Step {
        Wait wait;
        Deadline until;
    };
    /// Goes on, or the verdict.
    using Progress = std::variant<Step, Finding>;

    /// Whether there is anything to do at all.
    static bool wanted(const ProbePlan& plan, Transport transport);
    /// `open` is what connecting found; by `limit` the answer must be there.
    static std::unique_ptr<ProbeTalk> make(const ProbeTalkScene& scene, Finding open,
                                           const Deadline& limit);

    ProbeTalk() = default;
    ProbeTalk(const ProbeTalk&) = delete;
    ProbeTalk& operator=(const ProbeTalk&) = delete;
    virtual ~ProbeTalk() = default;

    virtual Progress begin() = 0;
    /// The socket became what was waited for, or failed.
    virtual Progress ready() = 0;
    /// The step's time has passed.
    virtual Progress expired() = 0;
    /// The whole run's time has passed: what is known by now.
    virtual Finding give_up() = 0;
};

/// Whether connections of that transport are to be secured.
bool speaks_tls(const ProbeTalkPlan& plan, Transport transport);

/// How long --banner waits for a server that says nothing of itself.
constexpr Duration banner_patience = std::chrono::seconds(1);
/// A banner without the end of a line is over when nothing followed for so long.
constexpr Duration banner_pause = std::chrono::milliseconds(100);
constexpr std::size_t longest_banner = 1024;

} // namespace sockit
