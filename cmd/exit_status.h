#pragma once

#include "base/error.h"

namespace sockit {

/// The same with and without JSON.
enum class ExitStatus : int {
    Done = 0,        ///< every expectation met
    No = 1,          ///< the answer is no, or mixed
    Usage = 2,       ///< unknown command or option, bad value
    NoAnswer = 3,    ///< none before the limit
    Unresolved = 4,  ///< name not resolved
    Denied = 5,      ///< permission or capability lacking, local policy
    Local = 6,       ///< local failure: address in use, out of descriptors, own output failed
    Unsupported = 7, ///< this kernel or build lacks it
    Refused = 8,     ///< RST, or nobody on the unix path
    Unreachable = 9, ///< unreachable, or rejected by the network
    Reset = 10,      ///< reset, or ended before it was complete
    Tls = 11,
    Bug = 70,
    NotRunnable = 126, ///< a command of the user's, as shells count it
    NotFound = 127,
};

/// The status an error ends a command with.
ExitStatus exit_status(const Error& error);

} // namespace sockit
