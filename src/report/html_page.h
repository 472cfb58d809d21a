#pragma once

#include "event/echo.h"

#include <chrono>
#include <string>
#include <vector>

namespace sockit {

/// What the page of --html tells.
struct EchoPage {
    std::string target;
    std::chrono::system_clock::time_point ended;
    EchoSummary summary;
    std::vector<EchoInterval> parts; ///< of the measured time, without gaps; none: no course
    std::vector<std::string> warnings;
};

/// The page: one HTML document that needs nothing else and runs no script.
std::string html_page(const EchoPage& page);

// Its parts.

/// The curves: latency by quantile, and the course of rate and latency.
std::string html_charts(const EchoPage& page);
/// Quantiles, results and settings, and what was wrong, as tables.
std::string html_tables(const EchoPage& page);

} // namespace sockit
