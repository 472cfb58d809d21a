#include "base/escape.h"

#include "base/error.h"
#include "base/parse.h"
#include "base/shell_word.h"
#include "fuzz.h"

#include <algorithm>
#include <charconv>
#include <optional>

// Foreign bytes on their way to a terminal, into JSON, and into the command lines that hints show.

namespace sockit::fuzz {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// U+0080 to U+009F: controls of eight bits for some terminals.
bool has_c1(std::string_view utf8)
{
    for (std::size_t i = 0; i + 1 < utf8.size(); ++i)
        if (utf8[i] == '\xc2' && static_cast<unsigned char>(utf8[i + 1]) < 0xa0)
            return true;
    return false;
}

void append_utf8(std::string& out, unsigned value)
{
    if (value < 0x800) {
        out += static_cast<char>(0xc0U | value >> 6U);
    } else {
        out += static_cast<char>(0xe0U | value >> 12U);
        out += static_cast<char>(0x80U | (value >> 6U & 0x3fU));
    }
    out += static_cast<char>(0x80U | (value & 0x3fU));
}

/// The bytes that escape() made `text` of.
std::string unescaped(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        ++i;
        must(i < text.size());
        const bool is_byte = text[i] == 'x';
        if (is_byte || text[i] == 'u') {
            const auto first = i + (is_byte ? 1 : 2);
            const auto length = is_byte ? 2 : text.find('}', first) - first;
            unsigned value = 0;
            const auto* begin = text.data() + first;
            must(std::from_chars(begin, begin + length, value, 16).ptr == begin + length);
            if (is_byte)
                out += static_cast<char>(value);
            else
                append_utf8(out, value);
            i = first + length - (is_byte ? 1 : 0);
        } else {
            constexpr std::string_view letters = "nrt\\";
            const auto letter = letters.find(text[i]);
            must(letter != std::string_view::npos);
            out += "\n\r\t\\"[letter];
        }
    }
    return out;
}

/// What a POSIX shell makes of one word.
std::optional<std::string> word_of_shell(std::string_view text)
{
    constexpr std::string_view special = " \t\n|&;<>()$`\\\"*?[]#~!{}^";
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'')
            quoted = !quoted;
        else if (!quoted && text[i] == '\\' && i + 1 < text.size())
            out += text[++i];
        else if (!quoted && special.find(text[i]) != std::string_view::npos)
            return std::nullopt;
        else
            out += text[i];
    }
    return quoted ? std::nullopt : std::optional(out);
}

} // namespace

void look_at(std::string_view bytes)
{
    const auto safe = escape(bytes);
    must(is_utf8(safe) && std::ranges::none_of(safe, is_control) && !has_c1(safe));
    must(unescaped(safe) == bytes);

    const auto payload = escape_payload(bytes);
    must(is_utf8(payload) && !has_c1(payload));
    must(std::ranges::none_of(payload,
                              [](char c) { return is_control(c) && c != '\n' && c != '\t'; }));

    const auto quoted = quote(bytes);
    must(is_utf8(quoted) && std::ranges::none_of(quoted, is_control));
    must(std::ranges::count_if(quoted, [](char c) { return (c & '\xc0') != '\x80'; }) <= 64 + 3);

    const auto prefix = utf8_prefix(bytes);
    must(prefix <= bytes.size() && is_utf8(bytes.substr(0, prefix)));
    must(is_utf8(bytes) == (prefix == bytes.size()));

    must(unbase64(base64(bytes)) == bytes);
    if (const auto decoded = unbase64(bytes))
        must(base64(*decoded) == bytes);

    must(word_of_shell(shell_word(bytes)) == bytes);

    const auto error = Error::from_errno(Phase::Connect, "connect", bytes, 111);
    must(std::ranges::none_of(describe_error(error), is_control));
    if (const auto raw = parse_c_escapes(bytes, "text"); raw && !bytes.contains('\\'))
        must(*raw == bytes);
    if (!bytes.contains('\\'))
        must(parse_c_escapes(bytes, "text").has_value());
}

} // namespace sockit::fuzz
