#include "base/parse.h"
#include "fuzz.h"
#include "report/format.h"

#include <cmath>
#include <optional>

// Numbers, durations, sizes and rates that a user types.

namespace sockit::fuzz {

namespace {

/// Number and unit by floating point: a second opinion about what is not near a limit.
std::optional<double> value_of(std::string_view text, double (*unit)(std::string_view))
{
    std::size_t end = 0;
    double value = 0;
    double place = 0;
    for (; end < text.size() && (is_digit(text[end]) || text[end] == '.'); ++end) {
        if (text[end] == '.') {
            place = 1;
            continue;
        }
        place /= 10;
        value = place > 0 ? value + place * (text[end] - '0') : value * 10 + (text[end] - '0');
    }
    const double factor = unit(text.substr(end));
    return factor > 0 ? std::optional(value * factor) : std::nullopt;
}

double nanoseconds(std::string_view unit)
{
    if (unit.empty() || unit == "s")
        return 1e9;
    if (unit == "ms")
        return 1e6;
    if (unit == "us")
        return 1e3;
    if (unit == "ns")
        return 1;
    if (unit == "m")
        return 60e9;
    return unit == "h" ? 3600e9 : 0;
}

double bytes_in(std::string_view unit)
{
    constexpr std::string_view powers = "kmgt";
    if (unit.ends_with('b') || unit.ends_with('B'))
        unit.remove_suffix(1);
    if (unit.ends_with('i') || unit.ends_with('I'))
        unit.remove_suffix(1);
    if (unit.empty())
        return 1;
    const auto power = powers.find(static_cast<char>(unit[0] | 0x20));
    return unit.size() == 1 && power != std::string_view::npos
               ? std::pow(1024.0, static_cast<double>(power + 1))
               : 0;
}

/// The value is the text's, but for less than one of the smallest unit.
void must_agree(std::optional<double> expected, double value)
{
    must(expected && std::abs(*expected - value) <= 1 + *expected * 1e-9);
}

} // namespace

void look_at(std::string_view text)
{
    if (const auto number = parse_number(text, "a number", 3, 1U << 20U)) {
        must(*number >= 3 && *number <= 1U << 20U);
        must_agree(value_of(text, [](std::string_view unit) { return unit.empty() ? 1.0 : 0.0; }),
                   static_cast<double>(*number));
    }
    if (const auto duration = parse_duration(text, "a duration")) {
        must(*duration >= Duration::zero());
        must_agree(value_of(text, nanoseconds), static_cast<double>(duration->count()));
        must(!format_duration(*duration).empty());
        const auto exact = std::to_string(duration->count()) + "ns";
        must(parse_duration(exact, "a duration") == duration);
    }
    if (const auto size = parse_size(text, "a size")) {
        must_agree(value_of(text, bytes_in), static_cast<double>(*size));
        must(!format_bytes(*size).empty());
        must(parse_size(std::to_string(*size), "a size") == size);
        if (*size > 0)
            must(parse_rate(text, "a rate") == size);
    }
    if (const auto rate = parse_rate(text, "a rate"))
        must(*rate > 0 && !format_rate(static_cast<double>(*rate)).empty());
}

} // namespace sockit::fuzz
