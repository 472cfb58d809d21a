#pragma once

#include "base/deadline.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace sockit {

// Quantities for people: about three digits and a unit. Machines get whole nanoseconds and bytes.

/// "850 ns", "12.3 us", "1.23 ms", "45.6 s".
std::string format_duration(Duration duration);
/// "512 B", "64.0 KiB", "1.50 GiB".
std::string format_bytes(std::uint64_t bytes);
/// "950/s", "81300/s", "1.23 M/s".
std::string format_rate(double per_second);
/// RFC 3339 in UTC with microseconds: "2025-01-31T12:00:00.000000Z".
std::string format_time(std::chrono::system_clock::time_point time);
std::string format_time(std::chrono::sys_seconds time);

} // namespace sockit
