#include "base/histogram.h"

#include "fuzz.h"
#include "report/chart.h"
#include "report/hlog.h"
#include "support/hlog_reader.h"

#include <algorithm>
#include <cmath>
#include <vector>

// Durations counted, and HdrHistogram's encoding of the counts, decoded again by its description.

namespace sockit::fuzz {

namespace {

Histogram histogram_of(const std::vector<std::int64_t>& values)
{
    Histogram histogram;
    for (const auto value : values)
        histogram.record(Duration(value));
    return histogram;
}

void must_tell_quantiles(const Histogram& histogram, std::vector<std::int64_t> values)
{
    for (auto& value : values)
        value = std::max<std::int64_t>(value, 0);
    std::ranges::sort(values);
    must(histogram.count() == values.size());
    must(histogram.min()->count() == values.front() && histogram.max()->count() == values.back());
    for (const double quantile : {0.0, 0.5, 0.9, 1.0}) {
        const auto rank = std::max(1.0, std::ceil(quantile * static_cast<double>(values.size())));
        const auto exact = values[static_cast<std::size_t>(rank) - 1];
        const auto told = histogram.percentile(quantile)->count();
        must(told >= exact && told - exact <= exact / 128);
    }
}

void must_decode(const Histogram& histogram)
{
    const auto plain = test::inflate_hdr(hdr_encoding(histogram));
    must(plain.has_value());
    const auto decoded = test::decode_hdr(*plain);
    must(decoded && decoded->count() == histogram.count());
    const auto buckets = histogram.buckets();
    must(decoded->buckets.size() == buckets.size());
    for (std::size_t i = 0; i < buckets.size(); ++i)
        must(decoded->buckets[i].count == buckets[i].count &&
             decoded->buckets[i].highest == static_cast<std::uint64_t>(buckets[i].upper.count()));
}

} // namespace

void look_at(std::string_view bytes)
{
    FuzzedDataProvider input(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    std::vector<std::int64_t> values;
    while (input.remaining_bytes() > 0) // short ones are as likely as long ones
        values.push_back(input.ConsumeIntegral<std::int64_t>() >>
                         input.ConsumeIntegralInRange(0, 63));
    const auto histogram = histogram_of(values);
    must_decode(histogram);
    must(chart(histogram, {}).empty() == values.empty());
    if (values.empty())
        return;
    must_tell_quantiles(histogram, values);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    auto sum = histogram_of({values.begin(), middle});
    sum.add(histogram_of({middle, values.end()}));
    must(sum.counts() == histogram.counts() && sum.min() == histogram.min() &&
         sum.max() == histogram.max() && sum.mean() == histogram.mean());
}

} // namespace sockit::fuzz
