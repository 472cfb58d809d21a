#pragma once

#include "base/deadline.h"

#include <chrono>

namespace sockit {

// How long to wait for what we are short of (descriptors, memory, source ports) before asking again
// when nothing of our own holds it: 5 ms, doubled each time, about 0.6 s in all.

constexpr unsigned pressure_retries = 7;

constexpr Duration pressure_delay(unsigned retries)
{
    return std::chrono::milliseconds(5) * (1U << retries);
}

} // namespace sockit
