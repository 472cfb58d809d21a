#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sockit {

/// What a process was started as, and when.
struct ProcessDetails {
    std::string command; ///< /proc/PID/cmdline, a space for each NUL between arguments; raw bytes
    std::optional<std::chrono::system_clock::time_point> started;
};

/// Reads them below directories laid out like /proc. What is gone, or not ours to see, is left out.
class ProcessDetailsReader {
public:
    explicit ProcessDetailsReader(const std::string& proc_root);

    [[nodiscard]] ProcessDetails read(std::int32_t pid) const;

private:
    Fd m_proc;
    std::optional<std::chrono::system_clock::time_point> m_booted;
};

} // namespace sockit
