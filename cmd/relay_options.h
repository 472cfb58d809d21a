#pragma once

#include "cmd/options.h"
#include "cmd/session.h"
#include "op/child.h"
#include "op/datagram_framing.h"
#include "op/destination.h"
#include "op/relay_plan.h"
#include "sock/target.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// Options of the commands that relay bytes between a connection and stdin and stdout or a child.
struct RelayArgs {
    bool no_half_close = false;
    bool recv_only = false;
    bool send_only = false;
    bool raw = false;
    std::optional<std::string> linger_after_eof;
    std::optional<std::string> idle_timeout;
    std::optional<std::string> out;
    std::optional<std::string> report;
    std::optional<std::string> sh;
    std::optional<std::string> datagram_size;
    bool per_line = false;
    std::vector<GivenValue> dialogue; ///< --send, --expect and --expect-re in their order
    bool crlf = false;
    bool hex = false;
    bool copy = false;
    std::optional<std::string> line_delay;
    std::optional<std::string> rate;

    bool operator==(const RelayArgs&) const = default;
};

std::vector<Option> relay_options(RelayArgs& args);

struct RelayChoice {
    RelayPlan relay;
    FramingPlan framing;
    PayloadPlan payload;
    ChildPlan child;
};

/// `patience`: for an expected answer. `child_words`: what stands behind `--`. In the JSON modes
/// payload goes into records.
Result<RelayChoice> plan_relay(const RelayArgs& args, const OutputPlan& output, Duration patience,
                               const std::optional<std::vector<std::string>>& child_words);

/// Usage errors: framing without datagrams, or what wants a connection where there is none.
Result<> check_datagrams(Transport transport, const RelayChoice& choice);

} // namespace sockit
