#include "report/latency.h"

#include "report/format.h"

#include <array>

namespace sockit {

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
    struct Column {
        std::string_view name;
        double quantile;
    };
    constexpr std::array columns{Column{"p50", 0.5}, Column{"p90", 0.9}, Column{"p99", 0.99},
                                 Column{"p99.9", 0.999}, Column{"max", 1}};
    std::string line;
    for (const auto& column : columns)
        line += std::string(line.empty() ? "" : "  ") + std::string(column.name) + " " +
                format_duration(*latency.percentile(column.quantile));
    return line;
}

} // namespace sockit
