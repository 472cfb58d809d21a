#include "report/format.h"

#include <fmt/core.h>

#include <array>
#include <ctime>
#include <string_view>

namespace sockit {

namespace {

/// Three significant digits, at least those before the point.
std::string three_digits(double value)
{
    constexpr double two_places_below = 9.995;
    constexpr double one_place_below = 99.95;
    return fmt::format("{:.{}f}", value,
                       value < two_places_below  ? 2
                       : value < one_place_below ? 1
                                                 : 0);
}

std::string time_text(std::chrono::sys_seconds time, std::chrono::microseconds rest)
{
    const std::time_t clock = time.time_since_epoch().count();
    std::tm utc{};
    ::gmtime_r(&clock, &utc);
    std::array<char, 32> text{};
    const auto length = std::strftime(text.data(), text.size(), "%FT%T", &utc);
    return fmt::format("{}.{:06}Z", std::string_view(text.data(), length), rest.count());
}

} // namespace

std::string format_duration(Duration duration)
{
    struct Unit {
        double nanoseconds;
        std::string_view name;
    };
    constexpr std::array units{Unit{1e9, "s"}, Unit{1e6, "ms"}, Unit{1e3, "us"}};
    const auto value = static_cast<double>(duration.count());
    for (const auto& unit : units)
        if (value >= unit.nanoseconds * 0.9995) // 999.6 us would round to 1000
            return three_digits(value / unit.nanoseconds) + " " + std::string(unit.name);
    return fmt::format("{} ns", duration.count());
}

std::string format_bytes(std::uint64_t bytes)
{
    constexpr std::array<std::string_view, 6> units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    constexpr double step = 1024;
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / step;
    std::size_t unit = 0;
    for (; value >= step && unit + 1 < units.size(); ++unit)
        value /= step;
    return three_digits(value) + " " + std::string(units[unit]);
}

std::string format_rate(double per_second)
{
    constexpr double million = 1e6;
    if (per_second >= million)
        return three_digits(per_second / million) + " M/s";
    return three_digits(per_second) + "/s";
}

std::string format_time(std::chrono::system_clock::time_point time)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return time_text(seconds,
                     std::chrono::duration_cast<std::chrono::microseconds>(time - seconds));
}

std::string format_time(std::chrono::sys_seconds time)
{
    return time_text(time, std::chrono::microseconds::zero());
}

} // namespace sockit
