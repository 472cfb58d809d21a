#include "report/svg_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sockit {

namespace {

// The picture in units of its own: small enough for its text to be read on a telephone.
constexpr double picture_width = 400;
constexpr double picture_height = 260;
constexpr double plot_left = 58;
constexpr double plot_right = 388;
constexpr double plot_top = 30;
constexpr double plot_bottom = 212;

/// 1, 2 or 5 times a power of ten: the least step that makes at most `most` of `span`.
double tick_step(double span, double most)
{
    const double power = std::pow(10, std::floor(std::log10(span / most)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (span / (factor * power) <= most)
            return factor * power;
    return 10 * power;
}

/// Which of 1, 2 and 5 times a power of ten have room where so many `decades` are shown.
bool is_marked(int factor, int power, double decades)
{
    switch (factor) {
    case 1: return decades <= 8 || power % 3 == 0;
    case 2: return decades <= 1.5;
    default: return decades <= 3;
    }
}

/// "5 ms", "0.5 s"
std::string tick_duration(double nanoseconds)
{
    struct Unit {
        double size;
        std::string_view name;
    };
    constexpr std::array units{Unit{1e9, "s"}, Unit{1e6, "ms"}, Unit{1e3, "us"}};
    for (const auto& unit : units)
        if (nanoseconds >= unit.size * 0.9995)
            return fmt::format("{:.4g} {}", nanoseconds / unit.size, unit.name);
    return fmt::format("{:.4g} ns", nanoseconds);
}

/// "500", "20k", "1.5M"
std::string tick_number(double value)
{
    if (value >= 1e6)
        return fmt::format("{:.4g}M", value / 1e6);
    return value >= 1e4 ? fmt::format("{:.4g}k", value / 1e3) : fmt::format("{:.4g}", value);
}

double share_of(const SvgAxis& axis, double at)
{
    return std::clamp((at - axis.low) / (axis.high - axis.low), 0.0, 1.0);
}

double x_of(const SvgChart& chart, double at)
{
    return plot_left + share_of(chart.x, at) * (plot_right - plot_left);
}

double y_of(const SvgChart& chart, double at)
{
    return plot_bottom - share_of(chart.y, at) * (plot_bottom - plot_top);
}

std::string axes(const SvgChart& chart)
{
    std::string out;
    for (const auto& tick : chart.y.ticks) {
        const double y = y_of(chart, tick.at);
        out += fmt::format(R"(<path class="grid" d="M{} {:.1f}H{}"/>)"
                           R"(<text class="end" x="{}" y="{:.1f}">{}</text>)",
                           plot_left, y, plot_right, plot_left - 6, y + 4, tick.label);
    }
    for (const auto& tick : chart.x.ticks) {
        const double x = x_of(chart, tick.at);
        out += fmt::format(R"(<path class="grid" d="M{:.1f} {}V{}"/>)"
                           R"(<text class="mid" x="{:.1f}" y="{}">{}</text>)",
                           x, plot_top, plot_bottom, x, plot_bottom + 17, tick.label);
    }
    out += fmt::format(R"(<path class="frame" d="M{} {}V{}H{}"/>)", plot_left, plot_top,
                       plot_bottom, plot_right);
    out += fmt::format(R"(<text class="mid" x="{}" y="{}">{}</text>)", (plot_left + plot_right) / 2,
                       plot_bottom + 38, chart.x.title);
    out += fmt::format(R"(<text x="4" y="16">{}</text>)", chart.y.title);
    return out;
}

std::string path_of(const SvgChart& chart, const SvgLine& line)
{
    std::string out;
    for (const auto& point : line.points)
        out += fmt::format("{}{:.1f} {:.1f}", out.empty() ? 'M' : 'L', x_of(chart, point.x),
                           y_of(chart, point.y));
    return out;
}

/// The name of each line behind a piece of it, from the right.
std::string legend(const SvgChart& chart)
{
    constexpr double letter = 6.6;
    constexpr double sample = 22;
    constexpr double gap = 14;
    std::string out;
    double right = plot_right;
    for (std::size_t i = chart.lines.size(); i-- > 0;) {
        const double width = letter * static_cast<double>(chart.lines[i].name.size());
        const double left = right - width - sample - 5;
        out += fmt::format(R"(<path class="line-{}" d="M{:.1f} 12h{}"/>)"
                           R"(<text x="{:.1f}" y="16">{}</text>)",
                           i, left, sample, left + sample + 5, chart.lines[i].name);
        right = left - gap;
    }
    return out;
}

} // namespace

SvgAxis latency_axis(Duration shortest, Duration longest)
{
    const auto nanoseconds = [](Duration duration) {
        return static_cast<double>(std::max<Duration::rep>(duration.count(), 1));
    };
    constexpr double below = 3; // so many steps a decade for its lower end
    constexpr double above = 1.05;
    constexpr double least_span = 0.3;
    const double low = std::floor(std::log10(nanoseconds(shortest)) * below) / below;
    const double high = std::max(low + least_span, std::log10(nanoseconds(longest) * above));
    SvgAxis axis{.low = low, .high = high, .ticks = {}, .title = "latency"};
    for (int power = static_cast<int>(std::floor(low)); power <= static_cast<int>(high); ++power)
        for (const int factor : {1, 2, 5}) {
            const double value = factor * std::pow(10, power);
            const double at = std::log10(value);
            constexpr double rounding = 1e-9;
            if (is_marked(factor, power, high - low) && at >= low - rounding && at <= high)
                axis.ticks.push_back({.at = at, .label = tick_duration(value)});
        }
    return axis;
}

SvgAxis time_axis(Duration whole)
{
    constexpr double most_ticks = 6;
    constexpr double nanoseconds = 1e9;
    const double seconds = std::max(std::chrono::duration<double>(whole).count(), 1e-9);
    SvgAxis axis{.low = 0, .high = seconds, .ticks = {}, .title = "time since the start"};
    const double step = tick_step(seconds, most_ticks);
    for (int i = 0; i * step <= seconds * (1 + 1e-9); ++i)
        axis.ticks.push_back(
            {.at = i * step, .label = i == 0 ? "0" : tick_duration(i * step * nanoseconds)});
    return axis;
}

SvgAxis rate_axis(double highest)
{
    constexpr double most_ticks = 6;
    constexpr double above = 1.05;
    SvgAxis axis{.low = 0,
                 .high = std::max(highest, 1e-3) * above,
                 .ticks = {},
                 .title = "messages a second"};
    const double step = tick_step(axis.high, most_ticks);
    for (int i = 0; i * step <= axis.high; ++i)
        axis.ticks.push_back({.at = i * step, .label = tick_number(i * step)});
    return axis;
}

SvgAxis quantile_axis(std::uint64_t count)
{
    constexpr std::array<std::string_view, 10> labels{"0",      "90",      "99", "99.9", "99.99",
                                                      "99.999", "6 nines", "7",  "8",    "9"};
    const double high = std::max(quantile_place(1, count), 1.0);
    SvgAxis axis{.low = 0, .high = high, .ticks = {}, .title = "percentile"};
    for (std::size_t nines = 0; nines < labels.size() && static_cast<double>(nines) <= high;
         ++nines)
        axis.ticks.push_back(
            {.at = static_cast<double>(nines), .label = std::string(labels[nines])});
    constexpr double room_for_half = 5;
    if (high <= room_for_half)
        axis.ticks.push_back({.at = quantile_place(0.5, count), .label = "50"});
    return axis;
}

double quantile_place(double quantile, std::uint64_t count)
{
    const double last = std::log10(static_cast<double>(std::max<std::uint64_t>(count, 1)) * 2);
    return quantile >= 1 ? last : std::min(last, -std::log10(1 - quantile));
}

std::string svg(const SvgChart& chart)
{
    auto out =
        fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-desc">)"
                    R"(<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>)",
                    picture_width, picture_height, chart.id, chart.id, chart.id, chart.title,
                    chart.id, chart.description);
    out += axes(chart);
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        const auto& line = chart.lines[i];
        if (!line.points.empty())
            out += fmt::format(R"(<path class="line-{}" d="{}"/>)", i, path_of(chart, line));
        if (line.points.size() == 1) // no line
            out += fmt::format(R"(<circle class="dot-{}" cx="{:.1f}" cy="{:.1f}" r="3"/>)", i,
                               x_of(chart, line.points[0].x), y_of(chart, line.points[0].y));
    }
    return out + legend(chart) + "</svg>\n";
}

} // namespace sockit
