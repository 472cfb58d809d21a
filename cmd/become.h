#pragma once

#include "cmd/exit_status.h"

#include <csignal>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace sockit {

/// SIGPIPE and SIGXFSZ, so that write(2) tells EPIPE and EFBIG instead of ending us without a word.
/// What they were is kept for become().
void ignore_write_signals();

/// What we change for ourselves and a program in our place should find as we found it.
class Inheritance {
public:
    /// As it is now.
    Inheritance();

    /// Puts it back, signals that came meanwhile included, and runs the program in place of ours;
    /// it is looked up in PATH. Returns only when that fails, with a line on stderr: 127 where it
    /// was not found, else 126, as shells do.
    [[nodiscard]] ExitStatus become(std::vector<std::string> words) const;

private:
    sigset_t m_blocked{};
    rlimit m_descriptors{};
};

} // namespace sockit
