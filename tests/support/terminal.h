#pragma once

#include "base/fd.h"

#include <string>
#include <string_view>

namespace sockit::test {

/// A terminal of our own: `near` is for a process, `far` is where what it draws comes out.
struct Terminal {
    Terminal();
    /// Reads until `text` has come, and returns all that came; fails the test after 10 s.
    std::string wait_for(std::string_view text) const;

    Fd far;
    Fd near;
};

} // namespace sockit::test
