#include "base/parse.h"

#include "base/escape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

namespace sockit {

namespace {

/// Splits `text` after its leading digits and at most one decimal point between digits.
std::pair<std::string_view, std::string_view> split_number(std::string_view text)
{
    std::size_t end = 0;
    bool point = false;
    while (end < text.size()) {
        const bool decimal_point = text[end] == '.' && !point && end > 0 && end + 1 < text.size() &&
                                   is_digit(text[end + 1]);
        if (!is_digit(text[end]) && !decimal_point)
            break;
        point = point || decimal_point;
        ++end;
    }
    return {text.substr(0, end), text.substr(end)};
}

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};

const Unit* find_unit(std::span<const Unit> units, std::string_view suffix)
{
    const auto found = std::ranges::find(units, suffix, &Unit::suffix);
    return found == units.end() ? nullptr : &*found;
}

/// number x factor without floating-point error in the whole part; nothing when it exceeds `most`.
std::optional<std::uint64_t> scale(std::string_view number, std::uint64_t factor,
                                   std::uint64_t most)
{
    const auto point = number.find('.');
    const auto whole_text = number.substr(0, point);
    std::uint64_t whole = 0;
    const auto [end, failure] =
        std::from_chars(whole_text.data(), whole_text.data() + whole_text.size(), whole);
    if (failure != std::errc() || end != whole_text.data() + whole_text.size())
        return std::nullopt;
    std::uint64_t scaled = 0;
    if (__builtin_mul_overflow(whole, factor, &scaled))
        return std::nullopt;
    if (point != std::string_view::npos) {
        double fraction = 0;
        double place = 0.1;
        for (const char c : number.substr(point + 1)) {
            fraction += (c - '0') * place;
            place /= 10;
        }
        const auto part =
            static_cast<std::uint64_t>(std::llround(fraction * static_cast<double>(factor)));
        if (__builtin_add_overflow(scaled, part, &scaled))
            return std::nullopt;
    }
    return scaled <= most ? std::optional(scaled) : std::nullopt;
}

constexpr std::array duration_units{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

constexpr std::uint64_t kibi = 1024;

/// Sizes are taken in any case (64K, 64kib); durations are not, since M would be read as both
/// minutes and mega.
std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

constexpr std::array size_units{
    Unit{"", 1},
    Unit{"b", 1},
    Unit{"k", kibi},
    Unit{"kb", kibi},
    Unit{"kib", kibi},
    Unit{"m", kibi* kibi},
    Unit{"mb", kibi* kibi},
    Unit{"mib", kibi* kibi},
    Unit{"g", kibi* kibi* kibi},
    Unit{"gb", kibi* kibi* kibi},
    Unit{"gib", kibi* kibi* kibi},
    Unit{"t", kibi* kibi* kibi* kibi},
    Unit{"tb", kibi* kibi* kibi* kibi},
    Unit{"tib", kibi* kibi* kibi* kibi},
};

Result<std::uint64_t> parse_with_unit(std::string_view text, std::string_view what,
                                      std::span<const Unit> units, std::uint64_t most,
                                      std::string_view expected)
{
    const auto [number, suffix] = split_number(text);
    const Unit* unit = find_unit(units, suffix);
    if (number.empty() || unit == nullptr)
        return bad_value(what, text, expected);
    const auto value = scale(number, unit->factor, most);
    if (!value)
        return bad_value(what, text, "too large");
    return *value;
}

} // namespace

namespace {

std::optional<int> digit_of(char c, int base)
{
    int value = base;
    if (is_digit(c))
        value = c - '0';
    else if (c >= 'a' && c <= 'f')
        value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
        value = c - 'A' + 10;
    return value < base ? std::optional(value) : std::nullopt;
}

/// A number of at most `digits` digits at the start of `text`, which it takes.
std::optional<unsigned> take_code(std::string_view& text, int base, std::size_t digits)
{
    std::optional<unsigned> code;
    for (; digits > 0 && !text.empty(); --digits, text.remove_prefix(1)) {
        const auto digit = digit_of(text.front(), base);
        if (!digit)
            break;
        code = code.value_or(0) * static_cast<unsigned>(base) + static_cast<unsigned>(*digit);
    }
    return code;
}

constexpr std::string_view escape_letters = "nrtabefv\\'\"";
constexpr std::string_view escape_meanings = "\n\r\t\a\b\033\f\v\\'\"";

} // namespace

Result<std::string> parse_c_escapes(std::string_view text, std::string_view what)
{
    std::string out;
    for (std::string_view rest = text; !rest.empty();) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c != '\\') {
            out += c;
            continue;
        }
        const auto letter = rest.empty() ? std::string_view::npos : escape_letters.find(rest[0]);
        if (letter != std::string_view::npos) {
            out += escape_meanings[letter];
            rest.remove_prefix(1);
            continue;
        }
        const bool is_hex = rest.starts_with('x');
        if (is_hex)
            rest.remove_prefix(1);
        const auto code = is_hex ? take_code(rest, 16, 2) : take_code(rest, 8, 3);
        if (!code || *code > 0xff)
            return bad_value(what, text, "no escape of C stands behind the backslash");
        out += static_cast<char>(*code);
    }
    return out;
}

Failure bad_value(std::string_view what, std::string_view text, std::string_view why)
{
    std::string line = "bad " + std::string(what) + " " + quote(text);
    if (!why.empty())
        line += ": " + std::string(why);
    return Failure(Error::usage(std::move(line)));
}

Result<std::uint64_t> parse_number(std::string_view text, std::string_view what, std::uint64_t low,
                                   std::uint64_t high)
{
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || !is_digit(text[0]) || end != text.data() + text.size())
        return bad_value(what, text, "expected a decimal number");
    if (failure != std::errc() || value < low || value > high)
        return bad_value(what, text,
                         "expected " + std::to_string(low) + " to " + std::to_string(high));
    return value;
}

Result<Duration> parse_duration(std::string_view text, std::string_view what)
{
    const auto most = static_cast<std::uint64_t>(Duration::max().count());
    const auto value = TRY(parse_with_unit(text, what, duration_units, most,
                                           "expected a duration such as 250ms, 1.5s, 2m or 1h"));
    return Duration(static_cast<Duration::rep>(value));
}

Result<std::uint64_t> parse_size(std::string_view text, std::string_view what)
{
    const auto value = parse_with_unit(lower(text), what, size_units, no_limit, {});
    if (!value)
        return bad_value(what, text, "expected a size such as 512, 64k or 1MiB");
    return *value;
}

Result<std::uint64_t> parse_rate(std::string_view text, std::string_view what)
{
    const auto number = text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
    const auto rate = parse_with_unit(lower(number), what, size_units, no_limit, {});
    if (!rate || *rate == 0)
        return bad_value(what, text, "expected a rate such as 500k or 10M/s");
    return *rate;
}

} // namespace sockit
