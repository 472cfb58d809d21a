#include "report/echo_text.h"
#include "report/format.h"
#include "report/html_page.h"
#include "report/svg_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace sockit {

namespace {

double log_of(Duration duration)
{
    return std::log10(static_cast<double>(std::max<Duration::rep>(duration.count(), 1)));
}

/// The latency that a share of all messages did not exceed: a stair, a step a bucket. Steps too
/// narrow to be seen are left out.
std::vector<SvgPoint> quantile_points(const Histogram& histogram)
{
    constexpr double visible = 1.0 / 600; // of the axis
    const double narrow = quantile_place(1, histogram.count()) * visible;
    std::vector<SvgPoint> points{{0, log_of(*histogram.min())}};
    std::uint64_t seen = 0;
    double drawn_to = 0;
    for (const auto& bucket : histogram.buckets()) {
        seen += bucket.count;
        const double share = static_cast<double>(seen) / static_cast<double>(histogram.count());
        const double to = quantile_place(share, histogram.count());
        if (to - drawn_to < narrow && seen < histogram.count())
            continue;
        const double y = log_of(std::min(bucket.upper, *histogram.max()));
        points.push_back({drawn_to, y});
        points.push_back({to, y});
        drawn_to = to;
    }
    return points;
}

std::string quantile_words(const Histogram& latency)
{
    return fmt::format("Half of {} messages took no longer than {}, 99 % no longer than {}, the "
                       "longest {}.",
                       latency.count(), format_duration(*latency.percentile(0.5)),
                       format_duration(*latency.percentile(0.99)), format_duration(*latency.max()));
}

std::string quantile_chart(const EchoSummary& summary)
{
    const auto& latency = summary.latency;
    auto shortest = *latency.min();
    SvgChart chart{.id = "quantiles",
                   .title = "Latency by percentile",
                   .description = quantile_words(latency),
                   .x = quantile_axis(latency.count()),
                   .y = {},
                   .lines = {}};
    if (summary.service.count() > 0) {
        shortest = std::min(shortest, *summary.service.min());
        chart.lines = {{summary.corrected ? "from the intended send time" : "with connecting",
                        quantile_points(latency)},
                       {"from the send", quantile_points(summary.service)}};
    } else {
        chart.lines = {{"from the send", quantile_points(latency)}};
    }
    chart.y = latency_axis(shortest, *latency.max());
    return "<figure>" + svg(chart) + "</figure>\n";
}

double middle_of(const EchoInterval& part)
{
    return std::chrono::duration<double>(part.start + part.duration / 2).count();
}

std::string rate_chart(const EchoPage& page, const SvgAxis& time)
{
    SvgLine line{.name = "echoes", .points = {}};
    double least = message_rate(page.parts.front().messages, page.parts.front().duration);
    double most = least;
    for (const auto& part : page.parts) {
        const double rate = message_rate(part.messages, part.duration);
        line.points.push_back({middle_of(part), rate});
        least = std::min(least, rate);
        most = std::max(most, rate);
    }
    SvgChart chart{.id = "rate",
                   .title = "Rate over time",
                   .description =
                       fmt::format("Between {} and {}.", format_rate(least), format_rate(most)),
                   .x = time,
                   .y = {},
                   .lines = {std::move(line)}};
    double highest = most;
    if (const auto asked = page.summary.settings.rate) {
        const auto intended = static_cast<double>(*asked);
        highest = std::max(highest, intended);
        chart.lines.push_back({"asked for", {{time.low, intended}, {time.high, intended}}});
    }
    chart.y = rate_axis(highest);
    return "<figure>" + svg(chart) + "</figure>\n";
}

std::string course_chart(const EchoPage& page, const SvgAxis& time)
{
    SvgLine half{.name = "p50", .points = {}};
    SvgLine most{.name = "p99", .points = {}};
    SvgLine all{.name = "max", .points = {}};
    for (const auto& part : page.parts) {
        if (part.latency.count() == 0)
            continue;
        const double at = middle_of(part);
        half.points.push_back({at, log_of(*part.latency.percentile(0.5))});
        most.points.push_back({at, log_of(*part.latency.percentile(0.99))});
        all.points.push_back({at, log_of(*part.latency.max())});
    }
    const SvgChart chart{.id = "course",
                         .title = "Latency over time",
                         .description = "The median, the 99th percentile and the longest latency "
                                        "of each part of the measured time.",
                         .x = time,
                         .y =
                             latency_axis(*page.summary.latency.min(), *page.summary.latency.max()),
                         .lines = {std::move(half), std::move(most), std::move(all)}};
    return "<figure>" + svg(chart) + "</figure>\n";
}

} // namespace

std::string html_charts(const EchoPage& page)
{
    const auto& summary = page.summary;
    if (summary.latency.count() == 0)
        return {};
    std::string out = "<h2>Latency</h2>\n";
    out += summary.corrected
               ? "<p class=\"dim\">Open loop: messages are due at fixed times, and latency counts "
                 "from then on.</p>\n"
               : "<p class=\"dim\">Closed loop: the next message waits for the last echo, so that "
                 "a stall of the server delays messages that no latency counts.</p>\n";
    out += "<div class=\"charts\">\n" + quantile_chart(summary);
    if (page.parts.size() > 1) {
        const auto& last = page.parts.back();
        const auto time = time_axis(last.start + last.duration);
        out += course_chart(page, time) + rate_chart(page, time);
    }
    return out + "</div>\n";
}

} // namespace sockit
