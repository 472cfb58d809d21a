#include "base/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace sockit {

namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Character {
    char32_t value;
    std::size_t length;
};

/// The well-formed UTF-8 character at the start of `bytes`, if there is one (RFC 3629, table of
/// section 4).
std::optional<Character> decode(std::string_view bytes)
{
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80)
        return Character{lead, 1};
    std::size_t length = 0;
    char32_t value = 0;
    char32_t least = 0;
    if (lead >= 0xc2 && lead < 0xe0) {
        length = 2, value = lead & 0x1fU, least = 0x80;
    } else if (lead >= 0xe0 && lead < 0xf0) {
        length = 3, value = lead & 0x0fU, least = 0x800;
    } else if (lead >= 0xf0 && lead < 0xf5) {
        length = 4, value = lead & 0x07U, least = 0x10000;
    } else {
        return std::nullopt;
    }
    if (bytes.size() < length)
        return std::nullopt;
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0U) != 0x80)
            return std::nullopt;
        value = (value << 6U) | (at(i) & 0x3fU);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return std::nullopt;
    return Character{value, length};
}

/// Characters that move the cursor, end a row or change the direction of what follows.
bool is_harmful(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

constexpr std::string_view digits = "0123456789abcdef";

void append_byte(std::string& out, unsigned char byte)
{
    out += "\\x";
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
}

void append_escaped(std::string& out, char32_t c)
{
    switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
    }
    if (c < 0x80) {
        append_byte(out, static_cast<unsigned char>(c));
        return;
    }
    std::string reversed;
    for (char32_t rest = c; rest != 0; rest >>= 4U)
        reversed += digits[rest & 0xfU];
    out += "\\u{" + std::string(reversed.rbegin(), reversed.rend()) + "}";
}

std::string escape_except(std::string_view bytes, std::string_view allowed)
{
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto character = decode(bytes);
        if (!character) {
            append_byte(out, static_cast<unsigned char>(bytes[0]));
            bytes.remove_prefix(1);
            continue;
        }
        const auto text = bytes.substr(0, character->length);
        if (character->length == 1 && allowed.find(text[0]) != std::string_view::npos)
            out += text;
        else if (text[0] == '\\')
            out += "\\\\";
        else if (is_harmful(character->value))
            append_escaped(out, character->value);
        else
            out += text;
        bytes.remove_prefix(character->length);
    }
    return out;
}

} // namespace

std::string escape(std::string_view bytes) { return escape_except(bytes, ""); }

std::string escape_payload(std::string_view bytes) { return escape_except(bytes, "\n\t\\"); }

std::string quote(std::string_view text)
{
    constexpr std::size_t most = 64;
    const std::string whole = escape(text);
    std::size_t characters = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if ((static_cast<unsigned char>(whole[i]) & 0xc0U) == 0x80)
            continue;
        if (characters == most)
            return "'" + whole.substr(0, i) + "…'";
        ++characters;
    }
    return "'" + whole + "'";
}

std::size_t utf8_prefix(std::string_view bytes)
{
    std::size_t length = 0;
    while (length < bytes.size()) {
        const auto character = decode(bytes.substr(length));
        if (!character)
            break;
        length += character->length;
    }
    return length;
}

bool is_utf8(std::string_view bytes) { return utf8_prefix(bytes) == bytes.size(); }

std::string base64(std::string_view bytes)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= count ? base64_alphabet[(group >> (18 - 6 * k)) & 0x3fU] : '=';
    }
    return out;
}

std::optional<std::string> unbase64(std::string_view text)
{
    std::string out;
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : text.substr(0, text.find('='))) {
        const auto value = base64_alphabet.find(c);
        if (value == std::string_view::npos)
            return std::nullopt;
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((group >> bits) & 0xffU);
        }
    }
    return base64(out) == text ? std::optional(std::move(out)) : std::nullopt;
}

std::string hex(std::string_view bytes)
{
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4U];
        out += digits[byte & 0xfU];
    }
    return out;
}

} // namespace sockit
