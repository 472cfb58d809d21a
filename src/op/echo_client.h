#pragma once

#include "event/event.h"
#include "op/message_sizes.h"
#include "op/socket_plan.h"
#include "sock/sandbox.h"
#include "sock/tls_context.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sockit {

/// After our FIN: what comes beyond the echoes within that time is a flaw too.
inline constexpr auto echo_drain_limit = std::chrono::milliseconds(500);

/// Messages of our own making on many connections.
struct EchoLoad {
    std::uint64_t connections = 1;
    std::optional<std::uint64_t> count; ///< messages in all
    std::optional<Duration> duration;
    MessageSizes sizes;
    std::uint64_t seed = 1;
    bool verify = true;
    Duration warmup{}; ///< messages sent before it is over are verified but not counted
    std::uint64_t threads = 1;
    /// Messages a second, all connections together, sent when their time has come whatever came
    /// back. None: a closed loop.
    std::optional<std::uint64_t> rate;
    std::uint64_t pipeline = 1;                ///< messages under way on a connection, at most
    bool reconnect = false;                    ///< a connection for each message
    std::optional<std::uint64_t> connect_rate; ///< connections a second, at most
    std::optional<Duration> interval;          ///< emit EchoInterval that often
    bool tell_intervals = false;               ///< they are `asked`

    bool operator==(const EchoLoad&) const = default;
};

struct EchoClientPlan {
    Target target;
    SocketPlan socket;
    std::optional<TlsClientPlan> tls;
    Duration timeout = std::chrono::seconds(5); ///< for connecting, and for each echo
    std::optional<Duration> deadline;
    std::optional<SandboxPlan> sandbox;
    std::optional<EchoLoad> load; ///< none: lines of `input`

    bool operator==(const EchoClientPlan&) const = default;
};

/// Why the echo client ended.
struct EchoClientEnd {
    std::uint64_t flaws = 0;
    std::optional<EchoDetail> first_flaw = std::nullopt;
    std::vector<Error> failures; ///< of connections, each reason once
    bool peer_ended = false;     ///< although nothing was outstanding
    bool deadline_passed = false;
    std::optional<int> signal;
};

/// What the settings of the plan are called in events.
EchoSettings echo_settings(const EchoClientPlan& plan);

/// The load of `plan.load` in a closed loop: each connection sends its next message when the echo
/// of the last one is complete, until the count or the duration is reached; then it sends FIN and
/// reads to the end. Emits EchoStart and EchoSummary. Errors: the target cannot be resolved; then
/// nothing was emitted but EchoStart.
Result<EchoClientEnd> echo_load(const EchoClientPlan& plan, const Emit& emit);

/// Where lines come from and go to.
struct EchoTerminal {
    FdRef input;
    FdRef output;        ///< echoes go here; invalid: nowhere
    bool prompt = false; ///< both are a terminal: `> ` before each line
    bool escape = false; ///< the output is a terminal: foreign control characters are made visible
};

/// Each line of `terminal.input` out, its echo in, compared and written to the output, until
/// end of file or a line `quit`. The first flaw ends it. Emits EchoStart and EchoSummary. Errors:
/// the target cannot be resolved or reached, input or output failed.
Result<EchoClientEnd> echo_lines(const EchoClientPlan& plan, const EchoTerminal& terminal,
                                 const Emit& emit);

} // namespace sockit
