#include "report/latency.h"

#include "report/format.h"

#include <fmt/core.h>

#include <array>

namespace sockit {

namespace {

struct LatencyColumn {
    std::string_view name;
    double quantile;
};

constexpr std::array quantile_columns{
    LatencyColumn{"p50", 0.5},     LatencyColumn{"p90", 0.9},       LatencyColumn{"p99", 0.99},
    LatencyColumn{"p99.9", 0.999}, LatencyColumn{"p99.99", 0.9999}, LatencyColumn{"max", 1}};
constexpr std::size_t loop_width = 11;
constexpr std::size_t quantile_width = 9;

} // namespace

void add_latency(Fields& fields, std::string_view key, const Histogram& latency)
{
    fields.begin_object(key);
    fields.add("count", latency.count());
    fields.add("min_ns", latency.min());
    fields.add("mean_ns", latency.mean());
    fields.add("mdev_ns", latency.deviation());
    fields.add("p50_ns", latency.percentile(0.5));
    fields.add("p90_ns", latency.percentile(0.9));
    fields.add("p99_ns", latency.percentile(0.99));
    fields.add("p999_ns", latency.percentile(0.999));
    fields.add("p9999_ns", latency.percentile(0.9999));
    fields.add("max_ns", latency.max());
    fields.begin_array("buckets");
    for (const auto& bucket : latency.buckets()) {
        fields.begin_array();
        fields.add("", bucket.upper);
        fields.add("", bucket.count);
        fields.end_array();
    }
    fields.end_array();
    fields.end_object();
}

std::string latency_line(const Histogram& latency)
{
    if (latency.count() == 0)
        return {};
    constexpr std::array columns{LatencyColumn{"p50", 0.5}, LatencyColumn{"p90", 0.9},
                                 LatencyColumn{"p99", 0.99}, LatencyColumn{"p99.9", 0.999},
                                 LatencyColumn{"max", 1}};
    std::string line;
    for (const auto& column : columns)
        line += std::string(line.empty() ? "" : "  ") + std::string(column.name) + " " +
                format_duration(*latency.percentile(column.quantile));
    return line;
}

std::string latency_header(std::string_view name)
{
    auto line = fmt::format("{:<{}}", name, loop_width);
    for (const auto& column : quantile_columns)
        line += fmt::format("{:>{}}", column.name, quantile_width);
    return line;
}

std::string latency_row(std::string_view name, const Histogram& latency)
{
    auto line = fmt::format("{:<{}}", name, loop_width);
    for (const auto& column : quantile_columns) {
        const auto value = latency.percentile(column.quantile);
        line += fmt::format("{:>{}}", value ? format_duration(*value) : "-", quantile_width);
    }
    return line;
}

} // namespace sockit
