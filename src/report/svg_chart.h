#pragma once

#include "base/deadline.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// One axis of a chart: what stands where.
struct SvgAxis {
    struct Tick {
        double at;
        std::string label; ///< markup
    };

    double low = 0; ///< in terms of `at`; less than `high`
    double high = 1;
    std::vector<Tick> ticks;
    std::string title; ///< markup
};

// `at` is the decimal logarithm of the nanoseconds. Where nothing was measured: any octave.
SvgAxis latency_axis(Duration shortest, Duration longest);
// `at` is seconds.
SvgAxis time_axis(Duration whole);
// From 0 up to `highest`.
SvgAxis rate_axis(double highest);
/// `at` is quantile_place().
SvgAxis quantile_axis(std::uint64_t count);

/// -log10(1 - quantile): each further nine is as wide as the one before; 1 is where the last of
/// `count` is.
double quantile_place(double quantile, std::uint64_t count);

struct SvgPoint {
    double x;
    double y;
};

/// A line of the chart. The first is solid and of the first colour, and so on, at most three.
struct SvgLine {
    std::string name; ///< markup
    std::vector<SvgPoint> points;
};

struct SvgChart {
    std::string_view id;     ///< within the page
    std::string title;       ///< markup
    std::string description; ///< markup: what a reader who does not see it should know
    SvgAxis x;
    SvgAxis y;
    std::vector<SvgLine> lines;
};

/// An `<svg>` for a page with the classes `frame`, `grid`, `line-0` … `line-2` and `dot-0` …
std::string svg(const SvgChart& chart);

} // namespace sockit
