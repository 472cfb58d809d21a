#include "report/chart.h"

#include "report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <langinfo.h>
#include <locale.h>

namespace sockit {

namespace {

constexpr std::size_t most_rows = 10;

struct Row {
    Duration upper; ///< the longest that counts here
    std::uint64_t count = 0;
};

std::vector<Row> empty_rows(Duration min, Duration max)
{
    constexpr double wide = 10;
    const auto low = static_cast<double>(std::max<Duration::rep>(min.count(), 1));
    const auto high = static_cast<double>(std::max<Duration::rep>(max.count(), 1));
    constexpr double resolution = 128; // of the histogram's buckets
    const auto count =
        std::min(most_rows, static_cast<std::size_t>((high - low) / high * resolution) + 1);
    std::vector<Row> rows;
    for (std::size_t i = 1; i < count; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(count);
        const double upper =
            high >= wide * low ? low * std::pow(high / low, share) : low + (high - low) * share;
        rows.push_back({.upper = Duration(std::llround(upper))});
    }
    rows.push_back({.upper = max});
    return rows;
}

std::vector<Row> rows_of(const Histogram& histogram)
{
    auto rows = empty_rows(*histogram.min(), *histogram.max());
    for (const auto& bucket : histogram.buckets()) {
        const auto row = std::ranges::lower_bound(rows, bucket.upper, {}, &Row::upper);
        (row == rows.end() ? rows.back() : *row).count += bucket.count;
    }
    return rows;
}

std::string bar(std::uint64_t count, std::uint64_t most, std::size_t columns, bool utf8)
{
    constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double share = static_cast<double>(count) / static_cast<double>(most);
    const auto eighths =
        static_cast<std::size_t>(std::llround(share * static_cast<double>(columns) * parts.size()));
    std::string text;
    for (std::size_t i = 0; i < eighths / parts.size(); ++i)
        text += utf8 ? "█" : "#";
    if (utf8)
        return text + std::string(parts[eighths % parts.size()]);
    return text.empty() && count > 0 ? "#" : text;
}

} // namespace

bool locale_takes_utf8()
{
    const locale_t users = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (users == nullptr)
        return false;
    const bool utf8 = std::string_view(::nl_langinfo_l(CODESET, users)) == "UTF-8";
    ::freelocale(users);
    return utf8;
}

std::string chart(const Histogram& histogram, const ChartOptions& options)
{
    if (histogram.count() == 0)
        return {};
    const auto rows = rows_of(histogram);
    const auto most = std::ranges::max(rows, {}, &Row::count).count;
    const auto digits = std::to_string(most).size();
    constexpr std::size_t duration_width = 7; // "99.9 ms"
    constexpr std::size_t around = 2 + duration_width + 4 + duration_width + 2 + 1;
    const auto columns = std::max(options.width, around + digits + 1) - around - digits;
    std::string text;
    Duration lower = *histogram.min();
    for (const auto& row : rows) {
        text += fmt::format("{}  {:>{}} to {:>{}}  {:>{}} {}", text.empty() ? "" : "\n",
                            format_duration(lower), duration_width, format_duration(row.upper),
                            duration_width, row.count, digits,
                            bar(row.count, most, columns, options.utf8));
        while (text.ends_with(' '))
            text.pop_back();
        lower = row.upper;
    }
    return text;
}

} // namespace sockit
