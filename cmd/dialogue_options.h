#pragma once

#include "cmd/options.h"
#include "op/dialogue.h"

#include <span>

namespace sockit {

/// --send, --expect and --expect-re in the order given; `patience` for each answer. Usage errors.
Result<DialoguePlan> plan_dialogue(std::span<const GivenValue> given, Duration patience);

} // namespace sockit
