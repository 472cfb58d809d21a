#pragma once

#include "base/error.h"

#include <optional>
#include <string>

namespace sockit {

/// Something the user should know although the command goes on.
struct Warning {
    std::string message; ///< one sentence, foreign parts escaped; empty when `error` says it all
    std::optional<Error> error;

    bool operator==(const Warning&) const = default;
};

/// A detail for those who asked with -v.
struct Note {
    std::string message;

    bool operator==(const Note&) const = default;
};

/// The command ended before it started: nothing was bound, opened or asked.
struct Failed {
    Error error;

    bool operator==(const Failed&) const = default;
};

} // namespace sockit
