#pragma once

#include "op/dialogue.h"
#include "op/pace.h"
#include "op/relay.h"

#include <optional>

namespace sockit {

struct RelayPlan {
    RelayRules rules;
    std::optional<Duration> idle_timeout; ///< the end when nothing moves for so long
    DialoguePlan dialogue;                ///< before the input has its turn
    bool input_after_dialogue = true;     ///< false: the dialogue is all there is to say
    PacePlan pace;
    bool crlf = false;     ///< line ends of the input go out as CR LF
    bool copy = false;     ///< always through our own buffer, never sendfile(2) or splice(2)
    bool hex = false;      ///< what goes and comes is dumped to stderr as well
    bool progress = false; ///< tell how far it is, once a second has passed

    bool operator==(const RelayPlan&) const = default;
};

} // namespace sockit
