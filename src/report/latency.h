#pragma once

#include "base/histogram.h"
#include "report/fields.h"

#include <string>
#include <string_view>

namespace sockit {

/// LATENCY of the contract: null where nothing was recorded.
void add_latency(Fields& fields, std::string_view key, const Histogram& latency);

/// "p50 110 us  p90 …  p99 …  p99.9 …  max …" for people; empty where nothing was recorded.
std::string latency_line(const Histogram& latency);

// A table for people: quantiles side by side, a row for each histogram, 68 columns wide.

/// The names of the columns, behind `name`.
std::string latency_header(std::string_view name);
/// The durations below them; "-" where nothing was recorded.
std::string latency_row(std::string_view name, const Histogram& latency);

} // namespace sockit
